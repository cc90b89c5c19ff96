/** Tests the window's text: plurals, tone, and error messages with place, expected and found. */
import { describe, expect, test } from 'vitest';
import { describe as describeFailure } from '../../src/renderer/errors.ts';
import { EndpointFailure } from '../../src/renderer/failure.ts';
import { idleWords } from '../../src/renderer/words/idle-words.ts';
import { chartText } from '../../src/renderer/text-of-charts.ts';
import { nodeText } from '../../src/renderer/text/nodes.ts';
import { text } from '../../src/renderer/text.ts';

const VALIDATION = { metric: 'accuracy', split: 'validation' } as const;
const TEST_LOSS = { metric: 'loss', split: 'test' } as const;

describe('Text: workers before their first hello', () => {
  test('say that the number of lanes is unknown instead of none', () => {
    expect(text.lab.slot.executor({ executor: null, lanes: 0 })).toBe('lanes not known yet');
    expect(text.lab.slot.executor({ executor: 'wasm', lanes: 1 })).toBe('wasm, 1 lane');
  });
});

describe('Text: plurals', () => {
  test.each([
    [text.header.add({ trials: 1 }), 'Add 1 trial'],
    [text.header.add({ trials: 32 }), 'Add 32 trials'],
    [text.rail.machineCount({ machines: 1, workers: 1 }), '1, 1 worker'],
    [text.inspector.rank({ kind: VALIDATION, rank: 1, of: 46 }), 'validation accuracy, best of 46'],
    [text.inspector.rank({ kind: TEST_LOSS, rank: 2, of: 46 }), 'test loss, 2nd of 46'],
    [text.inspector.rank({ kind: TEST_LOSS, rank: 11, of: 46 }), 'test loss, 11th of 46'],
    [text.inspector.rank({ kind: TEST_LOSS, rank: 23, of: 46 }), 'test loss, 23rd of 46'],
    [
      text.inspector.origin.of({ operator: 'crossover', parents: [36, 15] }),
      'Crossover of 36 and 15',
    ],
    [text.frame.resume({ studies: 1 }), 'Resume'],
    [text.header.leftUnknown['too-few']({ needed: 1 }), 'until 1 trial finishes'],
    [text.header.leftUnknown['too-few']({ needed: 5 }), 'until 5 trials finish'],
  ])('forms %s', (said, expected) => {
    expect(said).toBe(expected);
  });
});

test('Text: contains no exclamation marks, pleas or apologies', () => {
  const said: string[] = [];
  const collect = (entry: unknown): void => {
    if (typeof entry === 'string') said.push(entry);
    else if (typeof entry === 'object' && entry !== null) Object.values(entry).forEach(collect);
  };
  collect(text);
  expect(said.length).toBeGreaterThan(100);
  for (const entry of said) expect(entry).not.toMatch(/!|\bplease\b|\boops\b|\bsorry\b/i);
});

describe('Text: terms of the glossary', () => {
  /** Every string, and the source of every function, which contains its template. */
  function sources(entry: unknown): string[] {
    if (typeof entry === 'string') return [entry];
    if (typeof entry === 'function') return [entry.toString()];
    return typeof entry === 'object' && entry !== null ? Object.values(entry).flatMap(sources) : [];
  }

  test.each([
    /\bset apart\b/i,
    /\b(leave|left) out\b/i,
    /\buse(d)? again\b/i,
    /\bbought\b/i,
    /\b(born|births?|bred|breed)\b/i,
    /\bevolve\b/i,
    /\bto mend\b/i,
    /\bevery GPU\b/i,
    /\btouched once\b/i,
    /\b(nobody|somebody|whoever)\b/i,
    /\bfault of ours\b/i,
    /\bchampion\b/i,
  ])('contains no %s, which the glossary replaces', (banned) => {
    const found = [...sources(text), ...sources(chartText), ...sources(nodeText)].filter((entry) =>
      banned.test(entry),
    );
    expect(found).toEqual([]);
  });
});

describe('Text: errors', () => {
  const words = (code: string, data: Record<string, unknown>): string =>
    describeFailure(new EndpointFailure({ code, data })).words;

  test('gives place, expected and found for a file, and says that nothing was stored', () => {
    const data = {
      file: 'train-images.gz',
      place: 'byte 0',
      expected: 'IDX magic 00 00 08 03',
      found: '1f 8b 08 (gzip inside gzip)',
    };
    expect(words('bad-dataset', { ...data, hint: 'Unpack it once and drop it again.' })).toBe(
      'train-images.gz, byte 0: expected IDX magic 00 00 08 03, found 1f 8b 08 (gzip inside gzip). Unpack it once and drop it again. Nothing was stored.',
    );
  });

  test('gives the path of each problem of an input', () => {
    const problems = [
      {
        code: 'out-of-range',
        path: 'searchSpace.units.high',
        expected: 'more than 32',
        found: '16',
        hint: null,
      },
    ];
    expect(words('invalid-input', { source: 'study.json', problems })).toBe(
      'searchSpace.units.high: expected more than 32, found 16.',
    );
  });

  test('names the setting that solves the problem in terms of the window', () => {
    const data = {
      file: 'a.csv',
      place: 'line 2',
      expected: 'a number',
      found: '"a"',
      hint: 'use --drop to exclude a column',
      option: 'drop',
    };
    expect(words('bad-dataset', data)).toContain('Exclude that column, then import again.');
    expect(words('bad-dataset', data)).not.toContain('--drop');
  });

  test('shows the message of an error with an unknown code', () => {
    expect(words('never-heard-of', { message: 'the moon is full' })).toBe('the moon is full');
  });
});

describe('Text: idle reasons', () => {
  test.each([
    [
      'budget',
      { limit: 64, trials: [1, 2, 3, 4, 5, 6], slots: ['local/cpu/0'] },
      'all 64 trials have started; the last 6 are running on CPU workers.',
      'add',
    ],
    [
      'budget',
      { limit: 64, trials: [6], slots: ['local/gpu-0/0'] },
      'all 64 trials have started; the last one is running on GPUs.',
      'add',
    ],
    [
      'generation',
      { generation: 7, trials: [1, 2, 3] },
      '3 trials of generation 7 are still running; the next generation starts when they end.',
      null,
    ],
    ['paused', {}, 'the study is paused.', 'resume'],
    ['drained', { since: null }, 'disabled by you.', 'resume-worker'],
    [
      'nodeAway',
      { node: 'n', since: -12_000 },
      'its machine has not been heard of for 12\u202fs; what it finishes still counts.',
      null,
    ],
    ['nodeAbsent', { node: 'n', since: 0, why: 'owner' }, 'its machine left.', null],
    ['nodeAbsent', { node: 'n' }, 'its machine is gone.', null],
    ['nodeMode', { mode: 'paused', by: 'owner' }, 'its machine is paused by its owner.', null],
    [
      'nodeMode',
      { mode: 'draining', by: 'user' },
      'its machine finishes its trials and takes no more.',
      null,
    ],
    ['nodeMode', { mode: 'drained', by: 'user' }, 'its machine is drained.', null],
    [
      'held',
      { node: 'n', since: -3000 },
      'its machine has been in use for 3\u202fs, so this worker waits.',
      null,
    ],
    [
      'nodeQuarantined',
      { since: 0, until: 48_000, why: 'no memory' },
      'its machine failed trials that succeeded elsewhere: no memory. Tried again in 0:48.',
      null,
    ],
    ['resting', { node: 'n' }, 'its process starts when a study runs.', null],
    ['lacksContent', { content: 'c' }, 'its machine does not have the dataset of the study.', null],
    ['lacksContent', { dataset: 'mnist' }, 'its machine does not have the dataset mnist.', null],
    [
      'otherArithmetic',
      { executor: 'wasm' },
      'the release on its machine computes differently than the one the study began with.',
      null,
    ],
    [
      'otherModel',
      { model: 'A40' },
      'the study began on A40; results of another GPU model differ.',
      null,
    ],
    ['none', {}, 'the scheduler gave no reason. This is a bug in Galapagos.', null],
    ['of a later version', {}, 'the scheduler gave no reason. This is a bug in Galapagos.', null],
  ])('explains %s %j', (reason, data, expected, act) => {
    expect(idleWords(reason, data, 0)).toEqual({ words: expected, act });
  });
});
