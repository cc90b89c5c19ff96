import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { paper } from '../../bench/paper/index.ts';
import { progressOn } from '../../bench/paper/progress.ts';
import type { Progress } from '../../bench/paper/progress.ts';
import { Interrupted, presetSearch, Searches } from '../../bench/paper/searches.ts';
import type { Search } from '../../bench/paper/searches.ts';
import { reachedAt } from '../../bench/paper/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const silent: Progress = { begin: () => undefined, trial: () => undefined, end: () => undefined };

function search(name: string, { seed = 1, trials = 6, durationMs = 5 } = {}): Search {
  return {
    spec: {
      name,
      objective: { kind: 'synthetic', function: 'sphere', durationMs },
      direction: 'minimize',
      searchSpace: { x: { type: 'float', low: -1, high: 1 } },
      sampler: { name: 'random' },
      seed,
    },
    limits: { trials, activeMs: null, target: null },
  };
}

describe('Paper benchmark: searches of a lab file', () => {
  let folder: TemporaryFolder;
  let searches: Searches;
  let interrupted: AbortController;

  function open(progress: Progress = silent): void {
    interrupted = new AbortController();
    searches = new Searches(folder.file('paper.db'), 1, interrupted.signal, progress);
  }

  beforeEach(() => {
    folder = temporaryFolder();
    open();
  });
  afterEach(async () => {
    await searches.close();
    folder.remove();
  });

  test('are run once and then read from the file', async () => {
    const first = await searches.runAll([search('a'), search('b', { seed: 2 })]);
    await searches.close();
    open();
    const again = await searches.runAll([search('a'), search('b', { seed: 2 })]);
    expect(searches.found).toBe(2);
    expect(again).toEqual(first);
    expect(first.map(({ trials }) => trials.length)).toEqual([6, 6]);
    expect(first[0]?.trials[0]?.value).not.toBe(first[1]?.trials[0]?.value);
  });

  test('are not confused with others of the same name', async () => {
    await searches.runAll([search('a')]);
    await expect(searches.runAll([search('a', { seed: 2 })])).rejects.toThrow(
      'holds "a" with other settings',
    );
  });

  test('continue where Ctrl-C stopped them', async () => {
    await searches.close();
    let ended = 0;
    const trial = (): void => {
      ended += 1;
      if (ended === 3) interrupted.abort();
    };
    open({ ...silent, trial });
    await expect(searches.runAll([search('a'), search('b')])).rejects.toThrow(Interrupted);
    await searches.close();
    const before: number[] = [];
    open({ ...silent, begin: (_what, _of, trials) => before.push(trials.length) });
    const [a, b] = await searches.runAll([search('a'), search('b')]);
    expect(before[0]).toBeGreaterThanOrEqual(3);
    expect(before[1]).toBe(0);
    expect([a, b].map((result) => result?.trials.map(({ number }) => number))).toEqual([
      [0, 1, 2, 3, 4, 5],
      [0, 1, 2, 3, 4, 5],
    ]);
  });

  test('do not start after Ctrl-C', async () => {
    interrupted.abort();
    await expect(searches.runAll([search('a')])).rejects.toThrow(Interrupted);
    expect(existsSync(searches.file)).toBe(false);
  });
});

describe("Paper benchmark: name of a preset's search", () => {
  test('is different for each seed and budget', () => {
    const names = [
      { seed: 1, trials: 64 },
      { seed: 2, trials: 64 },
      { seed: 1, trials: 16 },
    ].map((flags) => presetSearch('paper-mnist-random', flags).spec.name);
    expect(new Set(names).size).toBe(3);
  });
});

describe('Paper benchmark: time to a target', () => {
  const at = (finishSeq: number, value: number | null, start: number, complete: number) => ({
    finishSeq,
    value,
    start: new Date(start),
    complete: new Date(complete),
  });
  const trials = [
    at(1, 0.95, 1000, 4000),
    at(0, 0.9, 1500, 3000),
    at(2, null, 3000, 5000),
    at(3, 0.97, 4000, 9000),
  ];

  test('follows the order of completion, from the first start', () => {
    expect(reachedAt(trials, 0.9)).toEqual({ evaluations: 1, seconds: 2 });
    expect(reachedAt(trials, 0.95)).toEqual({ evaluations: 2, seconds: 3 });
    expect(reachedAt(trials, 0.96)).toEqual({ evaluations: 4, seconds: 8 });
  });

  test('is infinite where the target was not reached', () => {
    expect(reachedAt(trials, 0.98)).toEqual({ evaluations: Infinity, seconds: Infinity });
  });
});

describe('Paper benchmark: progress', () => {
  function written(isTTY: boolean): string {
    let text = '';
    const progress = progressOn({ isTTY, write: (more: unknown) => (text += String(more)) !== '' });
    progress.begin('1 of 2: a', 3, [{ value: 0.5 }]);
    progress.trial(-Infinity);
    progress.trial(0.9);
    progress.end();
    return text;
  }

  test('is one line for each search without a terminal', () =>
    expect(written(false)).toBe('1 of 2: a: 3 of 3 trials, best 90.00 %\n'));

  test('is one changing line on a terminal', () => {
    expect(written(true).split('\n')).toHaveLength(2);
    expect(written(true)).toContain('1 of 2: a: 2 of 3 trials, best 50.00 %');
  });
});

describe('Paper benchmark: command line', () => {
  test.each([
    [[], 'expected one name, found none'],
    [['accuracy', 'target'], 'expected one name, found accuracy target'],
    [['acuracy'], 'no paper bench named acuracy'],
    [['accuracy', '--seeds', '0'], '--seeds: expected an integer of at least 1, found 0'],
    [['accuracy', '--workers', 'two'], '--workers: expected an integer of at least 1, found two'],
    [['accuracy', '--fast'], "Unknown option '--fast'"],
  ])('%j is answered with the error and the valid values', async (args, message) => {
    let said = '';
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string | Uint8Array) => (said += String(text)) !== '';
    try {
      expect(await paper(args)).toBe(2);
    } finally {
      process.stderr.write = write;
    }
    expect(said).toContain(message);
    expect(said).toContain('usage: npm run bench -- paper NAME');
  });
});
