import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { encodeParams, toParams } from '../../../src/core/search-space/params.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { playStudy } from '../../support/play-study.ts';

const spec = { name: 'guided-evolution' };
const mixed: SearchSpace = {
  x: { type: 'float', low: 1e-4, high: 1, log: true },
  n: { type: 'int', low: 1, high: 40 },
  c: { type: 'categorical', choices: ['a', 'b', 'c'] },
  d: { type: 'float', low: 0, high: 1, when: { c: ['a', 'b'] } },
};
const cube: SearchSpace = Object.fromEntries(
  Array.from({ length: 5 }, (_, i) => [`x${i}`, { type: 'float', low: -5, high: 5 } as const]),
);
/** Smallest at (−2, −1, 0, 1, 2). */
const sphere = (params: Float64Array): number =>
  params.reduce((sum, x, i) => sum + (x - (i - 2)) ** 2, 0);

/** Columns after `count` trials whose values are given by their numbers. */
function played(
  space: SearchSpace,
  count: number,
  valueOf: (number: number) => number | null,
): TrialColumns {
  const sampler = createSampler(spec, space, 'minimize', 5);
  const columns = new TrialColumns(space, 'minimize', sampler.window);
  const axes = axesOf(space);
  for (let number = 0; number < count; number++) {
    const [proposal] = sampler.propose(number, 1, columns.asynchronousView(columns.ended));
    if (proposal === undefined) break;
    expect(encodeParams(axes, toParams(axes, proposal.params)).ok).toBe(true);
    columns.proposed(number, proposal.params, columns.ended, proposal.origin);
    const value = valueOf(number);
    if (value === null) columns.end(number, 'failed', 'crashed', NaN);
    else columns.end(number, 'complete', 'succeeded', value);
  }
  return columns;
}

describe('Sampler guided-evolution', () => {
  it('finds the optimum of a sphere in five dimensions with four workers in 64 trials', () => {
    for (const seed of [0, 1, 2]) {
      const { columns } = playStudy(createSampler(spec, cube, 'minimize', seed), cube, {
        trials: 64,
        workers: 4,
        seed,
        objective: sphere,
      });
      // The median of uniform points is about 50.
      expect(columns.value(columns.best(1)[0]!) / 50).toBeLessThan(0.001);
    }
  });

  it('maximises as it minimises the negated values', () => {
    const valueOf = (sign: number) => (params: Float64Array) => sign * sphere(params);
    const world = { trials: 40, workers: 3, seed: 4 };
    const down = playStudy(createSampler(spec, cube, 'minimize', 4), cube, {
      ...world,
      objective: valueOf(1),
    });
    const up = playStudy(createSampler(spec, cube, 'maximize', 4), cube, {
      ...world,
      direction: 'maximize',
      objective: valueOf(-1),
    });
    const points = ({ proposals }: typeof up): unknown =>
      proposals.map(({ params, origin }) => [[...params], origin.operator, origin.parents]);
    expect(points(up)).toEqual(points(down));
  });

  it('starts with the founders of evolution', () => {
    const founders = (name: string): unknown =>
      createSampler({ name }, mixed, 'minimize', 3)
        .propose(0, 12, new TrialColumns(mixed, 'minimize', { kind: 'all' }).asynchronousView(0))
        .map(({ params }) => [...params]);
    expect(founders('guided-evolution')).toEqual(founders('evolution'));
  });

  it('names the operator and the parents of children, neighbours and uniform points', () => {
    const sampler = createSampler(spec, mixed, 'minimize', 3);
    const { proposals } = playStudy(sampler, mixed, { trials: 90, workers: 3, seed: 1 });
    const operators = new Set(proposals.map(({ origin }) => origin.operator));
    for (const operator of ['latin-hypercube', 'neighbour', 'mutation'])
      expect(operators).toContain(operator);
    for (const { origin } of proposals) {
      const generations = origin.parents.map((parent) => proposals[parent]!.origin.generation);
      expect(origin.generation).toBe(Math.max(-1, ...generations) + 1);
      const isChild = /^(neighbour|mutation|crossover)/.test(origin.operator);
      expect(origin.parents.length > 0, origin.operator).toBe(isChild);
    }
  });

  it('predicts the values of the trials that it chooses, within its interval for most', () => {
    for (const [direction, sign] of [
      ['minimize', 1],
      ['maximize', -1],
    ] as const) {
      const { columns, proposals } = playStudy(createSampler(spec, cube, direction, 1), cube, {
        trials: 50,
        workers: 3,
        seed: 1,
        direction,
        objective: (params) => sign * sphere(params),
      });
      const inside = proposals.map(({ origin: { prediction } }, number) => {
        if (prediction === undefined) return null;
        const { low, value, high } = prediction;
        expect(low).toBeLessThanOrEqual(value);
        expect(value).toBeLessThanOrEqual(high);
        return columns.value(number) >= low && columns.value(number) <= high;
      });
      expect(inside.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => null));
      const guided = inside.slice(12).filter((is) => is !== null);
      expect(guided).toHaveLength(38);
      expect(guided.filter(Boolean).length).toBeGreaterThan(19);
    }
  });

  it('proposes legal points when every value is equal, and when every trial failed', () => {
    expect(played(mixed, 40, () => 3).size).toBe(40);
    expect(played(mixed, 40, (number) => (number % 2 === 0 ? 7 : null)).size).toBe(40);
    expect(played(mixed, 40, () => null).size).toBe(40);
    expect(played(mixed, 40, (number) => (number === 13 ? -1e308 : 1e308)).size).toBe(40);
  });

  it('proposes each of eight points once and then ends', () => {
    const eight: SearchSpace = {
      a: { type: 'int', low: 0, high: 3 },
      b: { type: 'categorical', choices: ['p', 'q'] },
    };
    expect(played(eight, 20, (number) => number).size).toBe(8);
  });

  it('learns from the best and the latest trials of a study of more than 500', () => {
    const history = new TrialColumns(cube, 'minimize', { kind: 'all' });
    const random = createSampler({ name: 'random' }, cube, 'minimize', 2);
    const founders = random.propose(0, 600, history.asynchronousView(0));
    for (const [number, { params, origin }] of founders.entries()) {
      history.proposed(number, params, number, origin);
      history.end(number, 'complete', 'succeeded', sphere(params));
    }
    const before = history.value(history.best(1)[0]!);
    const sampler = createSampler(spec, cube, 'minimize', 2);
    for (let number = 600; number < 640; number++) {
      const [proposal] = sampler.propose(number, 1, history.asynchronousView(number));
      history.proposed(number, proposal!.params, number, proposal!.origin);
      history.end(number, 'complete', 'succeeded', sphere(proposal!.params));
    }
    expect(history.value(history.best(1)[0]!)).toBeLessThan(0.01 * before);
  });
});
