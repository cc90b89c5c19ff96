import { describe, expect, it } from 'vitest';
import { differencesOf } from '../../../src/core/analysis/differences.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { playStudy } from '../../support/play-study.ts';

const space: SearchSpace = {
  rate: { type: 'float', low: 0, high: 1 },
  units: { type: 'int', low: 1, high: 99 },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
  momentum: { type: 'float', low: 0, high: 1, when: { optimizer: ['sgd'] } },
};
const axes = axesOf(space);
const from = (own: readonly number[], ...parents: (readonly number[])[]): unknown[] =>
  differencesOf(
    axes,
    Float64Array.from(own),
    parents.map((parent) => Float64Array.from(parent)),
  ).map(({ from: { kind, ...rest } }) => ('place' in rest ? rest.place : kind));

describe('Sources of a parameter’s value', () => {
  it.each([
    [
      'from either parent, both, or neither',
      [0.5, 7, 1, NaN],
      [
        [0.5, 8, 1, NaN],
        [0.1, 7, 1, NaN],
      ],
      [0, 1, 'both', 'notUsed'],
    ],
    [
      'from nobody: mutated',
      [0.5, 7, 0, 0.3],
      [
        [0.5, 8, 0, 0.2],
        [0.5, 9, 0, 0.4],
      ],
      ['both', 'mutated', 'both', 'mutated'],
    ],
    [
      'from the one that has it',
      [0.5, 7, 0, 0.3],
      [
        [0.5, 7, 1, NaN],
        [0.4, 7, 0, 0.3],
      ],
      [0, 'both', 1, 1],
    ],
    [
      'from the one parent of a mutation',
      [0.5, 7, 1, NaN],
      [[0.5, 8, 1, NaN]],
      [0, 'mutated', 0, 'notUsed'],
    ],
    [
      'out of the blue where its condition has just come to hold',
      [0.5, 7, 0, 0.3],
      [[0.5, 7, 1, NaN]],
      [0, 0, 'mutated', 'drawn'],
    ],
    [
      'from no parent in a founder',
      [0.5, 7, 1, NaN],
      [],
      ['founder', 'founder', 'founder', 'notUsed'],
    ],
  ] as const)('%s', (_, own, parents, expected) => expect(from(own, ...parents)).toEqual(expected));
});

it('finds no new value after crossover alone and exactly one after a mutation, for offspring of evolution', () => {
  const plain: SearchSpace = {
    a: space['rate']!,
    b: space['units']!,
    c: space['optimizer']!,
    d: { type: 'int', low: 0, high: 200 },
  };
  const sampler = createSampler({ name: 'evolution' }, plain, 'minimize', 3);
  const { proposals } = playStudy(sampler, plain, { trials: 150, workers: 3, seed: 1 });
  const seen = new Set<string>();
  for (const { params, origin } of proposals) {
    seen.add(origin.operator);
    const sources = differencesOf(
      axesOf(plain),
      params,
      origin.parents.map((parent) => proposals[parent]!.params),
    ).map(({ from: { kind } }) => kind);
    const changed = sources.filter((kind) => kind === 'mutated').length;
    if (origin.operator === 'crossover') expect(changed).toBe(0);
    if (origin.operator === 'mutation') expect(changed).toBe(1);
    if (origin.parents.length === 0)
      expect(sources).toEqual(['founder', 'founder', 'founder', 'founder']);
  }
  expect(seen).toContain('crossover');
});
