/** Tests the checks of an edit of a study's search. */
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import type { Search, SearchChange } from '../../src/core/study/search-edit.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { editedSearch } from '../../src/protocol/search-edit.ts';
import type { EditCircumstances } from '../../src/protocol/search-edit.ts';

const spec: StudySpec = {
  name: 'edited',
  objective: { kind: 'synthetic', function: 'sphere', epochs: 9 },
  direction: 'minimize',
  searchSpace: {
    rate: { type: 'float', low: 0.001, high: 1, log: true },
    batch: { type: 'int', low: 16, high: 128, step: 16 },
    optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lion'] },
    momentum: { type: 'float', low: 0, high: 0.9, when: { optimizer: ['sgd'] } },
  },
  sampler: { name: 'random' },
  seed: 1,
};

const free: EditCircumstances = {
  limits: { trials: 100, activeMs: null, target: null },
  atOnce: 2,
  workers: 2,
  isTried: () => false,
  checkObjective: () => [],
};

function edit(
  change: SearchChange,
  of: StudySpec = spec,
  circumstances: Partial<EditCircumstances> = {},
): Search {
  return editedSearch(of, change, { ...free, ...circumstances });
}

/** Codes and paths of the problems. */
function problems(...args: Parameters<typeof edit>): string[] {
  try {
    edit(...args);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.problems.map(({ code, path }) => `${code} ${path}`);
  }
  return [];
}

describe('Edit of a search', () => {
  it('changes bounds, and keeps type, scale, step and condition', () => {
    const { searchSpace } = edit({
      ranges: { rate: { low: 0.01, high: 0.1 }, batch: { low: 32, high: 512 } },
    });
    expect(searchSpace).toEqual({
      ...spec.searchSpace,
      rate: { type: 'float', low: 0.01, high: 0.1, log: true },
      batch: { type: 'int', low: 32, high: 512, step: 16 },
    });
  });

  it('fixes a parameter, and searches it again', () => {
    const fixed = edit({ only: { batch: [64], optimizer: ['adam'] } });
    expect(fixed.only).toEqual({ batch: [64], optimizer: ['adam'] });
    expect(fixed.searchSpace).toEqual(spec.searchSpace);
    const again = edit({ free: ['batch'] }, { ...spec, ...fixed });
    expect(again.only).toEqual({ optimizer: ['adam'] });
    const ranged = edit({ ranges: { batch: { low: 16, high: 64 } } }, { ...spec, ...fixed });
    expect(ranged.only).toEqual({ optimizer: ['adam'] });
  });

  it('limits a categorical parameter to some choices, in their order', () => {
    expect(edit({ only: { optimizer: ['lion', 'sgd'] } }).only).toEqual({
      optimizer: ['sgd', 'lion'],
    });
    const limited = { ...spec, only: { optimizer: ['sgd'] } };
    expect(edit({ only: { optimizer: ['lion', 'sgd', 'adam'] } }, limited).only).toBeUndefined();
  });

  it('replaces the pruner and removes it', () => {
    const { pruning } = edit({ pruner: { name: 'median' } });
    expect(pruning).toMatchObject({ pruner: { name: 'median' }, length: 9 });
    const pruned = { ...spec, pruning: pruning! };
    expect(edit({ pruner: { name: 'none' } }, pruned)).not.toHaveProperty('pruning');
    expect(edit({ sampler: { name: 'tpe' } }, pruned).pruning).toBe(pruning);
  });

  it('lets auto choose again for the space that is left', () => {
    const small = edit({ sampler: { name: 'auto' }, only: { rate: [0.1], optimizer: ['adam'] } });
    expect(small.sampler).toMatchObject({ name: 'auto', uses: 'grid' });
    expect(edit({ sampler: { name: 'auto' } }).sampler).toMatchObject({ uses: 'guided-evolution' });
  });

  it.each<[string, SearchChange, readonly string[]]>([
    [
      'an unknown parameter',
      { ranges: { rat: { low: 0, high: 1 } } },
      ['unknown-parameter ranges.rat'],
    ],
    [
      'bounds that are swapped',
      { ranges: { rate: { low: 1, high: 0.1 } } },
      ['low-above-high searchSpace.rate.low'],
    ],
    [
      'a logarithm of zero',
      { ranges: { rate: { low: 0, high: 1 } } },
      ['log-not-positive searchSpace.rate.low'],
    ],
    [
      'a fraction for an integer',
      { ranges: { batch: { low: 16, high: 40.5 } } },
      ['not-an-integer searchSpace.batch.high'],
    ],
    [
      'a bound between two steps',
      { ranges: { batch: { low: 20, high: 128 } } },
      ['off-step ranges.batch.low'],
    ],
    [
      'another type',
      { ranges: { optimizer: { low: 0, high: 1 } } },
      ['not-a-range ranges.optimizer'],
    ],
    ['a value outside the range', { only: { batch: [256] } }, ['illegal-value only.batch']],
    ['a new choice', { only: { optimizer: ['sgd', 'rmsprop'] } }, ['illegal-value only.optimizer']],
    ['several values of a number', { only: { batch: [16, 32] } }, ['several-values only.batch']],
    [
      'a space without a parameter',
      { only: { batch: [16], rate: [0.1], optimizer: ['adam'] } },
      ['no-point '],
    ],
    ['an unknown sampler', { sampler: { name: 'tep' } }, ['unknown-sampler sampler.name']],
    [
      'a setting out of bounds',
      { sampler: { name: 'tpe', startup: 0 } },
      ['illegal-setting sampler.startup'],
    ],
    ['a grid of a continuous parameter', { sampler: { name: 'grid' } }, ['unbounded-grid sampler']],
    [
      'a pruner with generations',
      { sampler: { name: 'generational' }, pruner: { name: 'median' } },
      ['pruner-and-generations pruner'],
    ],
    ['no change', { ranges: { rate: { low: 0.001, high: 1 } } }, ['no-change ']],
  ])('refuses %s', (_, change, found) => {
    expect(problems(change)).toEqual(found);
  });

  it('names every problem of ranges, fixed values, sampler and pruner at once', () => {
    const found = problems({
      ranges: { rate: { low: 1, high: 0.01 } },
      only: { nope: [3] },
      sampler: { name: 'foo' },
      pruner: { name: 'bar' },
    });
    expect(found).toHaveLength(4);
    for (const path of ['rate', 'only.nope', 'sampler', 'pruner'])
      expect(found.filter((each) => each.includes(path))).toHaveLength(1);
  });

  it('refuses another search where trials go on from checkpoints, or would', () => {
    const parts = { ...spec, sampler: { name: 'pbt' } };
    const change = { ranges: { rate: { low: 0.01, high: 1 } } };
    expect(problems(change, parts)).toEqual(['trains-in-parts sampler.name']);
    expect(problems({ sampler: { name: 'pbt' } })).toEqual(['trains-in-parts sampler.name']);
  });

  it('refuses a pruner where the objective never reports', () => {
    const silent = { ...spec, objective: { kind: 'synthetic', function: 'sphere' } };
    expect(problems({ pruner: { name: 'median' } }, silent)).toEqual(['never-reports pruner']);
  });

  it('refuses a sampler for one objective in a study of several', () => {
    const several: StudySpec = {
      ...spec,
      sampler: { name: 'nsga2' },
      objectives: [
        { metric: 'a', direction: 'minimize' },
        { metric: 'b', direction: 'maximize' },
      ],
    };
    expect(problems({ sampler: { name: 'tpe' } }, several)).toEqual(['objectives sampler.name']);
  });

  it('refuses a range that the objective does not accept, but not problems that it had before', () => {
    const problem = { expected: 'at most 1', found: '2' };
    const checkObjective: EditCircumstances['checkObjective'] = (_, { rate }) => [
      { code: 'old', path: 'objective', ...problem },
      ...(rate?.type === 'float' && rate.high > 1
        ? [{ code: 'new', path: 'objective', ...problem }]
        : []),
    ];
    const widen = (high: number): string[] =>
      problems({ ranges: { rate: { low: 0.01, high } } }, spec, { checkObjective });
    expect(widen(2)).toEqual(['new objective']);
    expect(widen(0.5)).toEqual([]);
  });

  it('refuses a finite space of which every point has been tried', () => {
    const change = { only: { rate: [0.1], optimizer: ['adam'] } };
    expect(problems(change, spec, { isTried: () => true })).toEqual(['no-point ']);
    expect(problems(change, spec, { isTried: (point) => point[1] !== 48 })).toEqual([]);
  });
});
