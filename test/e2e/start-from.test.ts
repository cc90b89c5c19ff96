/** Tests `run --start-from` as a user starts it, with real workers. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { showOutput } from '../../src/protocol/cli-output.ts';
import { runOutput } from '../../src/protocol/run-output.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, command, start } from '../support/built-command.ts';
import { replayDifferences } from '../support/replay-proposals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const fixtures = join(import.meta.dirname, '../studies/fixtures');
const JOURNAL = 'optuna-journal.log#mnist';

beforeAll(built);
let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
  cpSync(fixtures, folder.path, { recursive: true });
  study('study', 'evolution');
});
afterEach(() => folder.remove());

function study(
  name: string,
  sampler: string,
  objective: Record<string, unknown> = {},
  trials = 12,
): void {
  const file = {
    format: 'galapagos-study/1',
    name,
    objective: { kind: 'synthetic', function: 'sphere', ...objective },
    direction: 'minimize',
    searchSpace: { x: { type: 'float', low: 0, high: 1 }, n: { type: 'int', low: 1, high: 8 } },
    sampler: { name: sampler },
    stop: { trials },
    seed: 5,
  };
  writeFileSync(folder.file(`${name}.json`), JSON.stringify(file));
}

describe('Command line: run --start-from', () => {
  it('says what it maps before it starts, and counts none of the trials as its own', async () => {
    const run = ['run', './study.json', '--start-from', JOURNAL, '--start-from', 'ray', '--json'];
    const { code, stdout } = await command(run, folder.path);
    expect(code).toBe(0);
    const [started, ...events] = stdout
      .split('\n')
      .map((line) => runOutput.parse(JSON.parse(line)));
    expect(started).toMatchObject({
      event: 'started',
      startedFrom: [
        { name: 'mnist in optuna-journal.log', trials: 7, of: 10 },
        {
          name: 'ray',
          trials: 4,
          of: 4,
          mismatches: [
            { parameter: 'c', effect: 'ignored', trials: 4 },
            { parameter: 'model/units', effect: 'ignored', trials: 4 },
          ],
        },
      ],
    });
    expect(events.filter(({ event }) => event === 'trialEnded')).toHaveLength(12);
    const reader = readLab(folder.file('lab.db'));
    expect([...reader.trials('study')]).toHaveLength(12);
    expect(reader.history('study')).toHaveLength(11);
    reader.close();
    expect(replayDifferences(folder.file('lab.db'), 'study')).toEqual([]);
    const show = await command(['show', 'study', '--json'], folder.path);
    expect(showOutput.parse(JSON.parse(show.stdout)).searched?.startedFrom).toEqual([
      { name: 'mnist in optuna-journal.log', trials: 7 },
      { name: 'ray', trials: 4 },
    ]);
  });

  it('proposes after a kill and a resume what the history and the completions decide', async () => {
    study('slow', 'guided-evolution', { durationMs: 150 }, 100_000);
    const run = ['run', './slow.json', '--workers', '2', '--start-from', 'optuna-dataframe.csv'];
    const life = start([...run, '--json'], folder.path, (line) => {
      const event = runOutput.parse(JSON.parse(line));
      if (event.event === 'trialEnded' && event.trial >= 3) life.process.kill('SIGKILL');
    });
    await life.ended;
    expect(life.process.signalCode).toBe('SIGKILL');
    const reader = readLab(folder.file('lab.db'));
    const trials = String([...reader.trials('slow')].length + 8);
    reader.close();
    const resume = ['run', './slow.json', '--resume', '--trials', trials];
    const { code, stdout } = await command(resume, folder.path);
    expect(code).toBe(0);
    expect(stdout).toContain('started from 7 trials of optuna-dataframe.csv');
    expect(replayDifferences(folder.file('lab.db'), 'slow')).toEqual([]);
  });

  it('starts from another study of the same lab, and tells the story of the children', async () => {
    await command(['run', './study.json', '--start-from', JOURNAL], folder.path);
    study('second', 'evolution');
    const { code } = await command(['run', './second.json', '--start-from', '#study'], folder.path);
    expect(code).toBe(0);
    const stories = await Promise.all(
      [0, 1, 2].map((trial) => command(['story', 'second', String(trial)], folder.path)),
    );
    expect(stories.map(({ stdout }) => stdout).join('\n')).toMatch(
      /Proposed by .*(a trial|2 trials) that the study started from/,
    );
  });

  it('says of a sampler that learns nothing that the trials change nothing', async () => {
    study('uniform', 'random');
    const { code, stdout } = await command(
      ['run', './uniform.json', '--start-from', JOURNAL],
      folder.path,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('its sampler learns nothing from trials of another search');
  });

  it.each([
    [['--start-from', 'none.db'], 'there is no such file or folder to start from'],
    [['--start-from', 'optuna-journal.log'], 'name one: optuna-journal.log#mnist'],
    [['--start-from', 'optuna-journal.log#two'], 'expected 1 objective, found 2'],
    [['--start-from', 'damaged.log#mnist'], 'damaged.log: line 2: expected an operation as JSON'],
    [['--start-from', '#study'], 'there is no such file or folder to start from'],
    [['--start-value', 'loss'], '--start-value names a value of --start-from'],
    [['--start-from', JOURNAL, '--resume'], 'a study keeps the trials that it started from'],
  ])('refuses %j before it creates a lab', async (args, sentence) => {
    const lines = readFileSync(folder.file('optuna-journal.log'), 'utf8').split('\n');
    writeFileSync(folder.file('damaged.log'), [lines[0], '{"op_code":4', ...lines].join('\n'));
    const { code, stderr } = await command(['run', './study.json', ...args], folder.path);
    expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)]);
    expect(existsSync(folder.file('lab.db'))).toBe(false);
  });
});
