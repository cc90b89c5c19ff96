import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { Permutation } from '../../../src/core/samplers/permutation.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import { keyText } from '../../../src/core/search-space/duplicate-key.ts';
import { Enumeration } from '../../../src/core/search-space/enumeration.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';
import { finiteDistribution, spaceOf } from '../search-space/arbitrary-space.ts';

const unit = { type: 'float', low: 0, high: 1 } as const;
const all = (space: SearchSpace, seed: number, divisions?: number): number[][] => {
  const sampler = createSampler(
    { name: 'grid', ...(divisions === undefined ? {} : { divisions }) },
    space,
    'minimize',
    seed,
  );
  const view = new TrialColumns(space, 'minimize', sampler.window).synchronousView(0);
  return sampler.propose(0, sampler.size!, view).map(({ params }) => [...params]);
};

describe('Sampler grid', () => {
  it('divides a float as published: 4 → 0.2, 0.4, 0.6, 0.8; 10 → i/11 to six decimals', () => {
    expect(all({ x: unit }, 1, 4).flat().sort()).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(all({ x: unit }, 1, 10).flat().sort()[0]).toBe(0.090909);
  });

  it('adds low, and divides logarithmic floats in ln', () => {
    expect(all({ x: { type: 'float', low: 10, high: 20 } }, 1, 1)).toEqual([[15]]);
    expect(
      all({ x: { type: 'float', low: 1e-4, high: 1, log: true } }, 1, 3)
        .flat()
        .sort(),
    ).toEqual([0.001, 0.01, 0.1]);
  });

  it('has distinct values in narrow ranges', () => {
    const values = all({ x: { type: 'float', low: 1e-9, high: 2e-9 } }, 1, 1000).flat();
    expect(new Set(values).size).toBe(1000);
    expect(Math.min(...values)).toBeGreaterThan(1e-9);
    expect(Math.max(...values)).toBeLessThan(2e-9);
  });

  it('contains every combination once, for any space and seed', () => {
    fc.assert(
      fc.property(spaceOf(finiteDistribution, 3), fc.nat(), (space, seed) => {
        const axes = axesOf(space);
        const points = new Enumeration(axes);
        fc.pre(points.size <= 2000);
        const expected = Array.from({ length: points.size }, (_, i) => keyText(axes, points.at(i)));
        const found = all(space, seed).map((point) => keyText(axes, Float64Array.from(point)));
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 60 },
    );
  });

  it('orders the points by the seed', () => {
    const space: SearchSpace = { x: unit, y: unit, z: unit };
    expect(all(space, 1, 4)).toHaveLength(64);
    expect(all(space, 1, 4)).toEqual(all(space, 1, 4));
    expect(all(space, 1, 4)).not.toEqual(all(space, 2, 4));
    expect(all(space, 1, 4)).not.toEqual(all(space, 1, 4).sort());
  });

  it('needs no time or memory for 10¹² points', () => {
    const space = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`p${i}`, { type: 'int', low: 0, high: 9 } as const]),
    );
    const sampler = createSampler({ name: 'grid' }, space, 'minimize', 3);
    const view = new TrialColumns(space, 'minimize', sampler.window).synchronousView(0);
    expect(sampler.size).toBe(1e12);
    const points = [...sampler.propose(0, 50, view), ...sampler.propose(1e12 - 50, 50, view)].map(
      ({ params }) => params.join(),
    );
    expect(new Set(points).size).toBe(100);
  });

  it('replaces positions that enqueued points took', () => {
    const space: SearchSpace = { n: { type: 'int', low: 1, high: 6 } };
    const sampler = createSampler({ name: 'grid' }, space, 'minimize', 3);
    const columns = new TrialColumns(space, 'minimize', sampler.window);
    const enqueue = (value: number): void =>
      columns.proposed(columns.size, Float64Array.of(value), 0, {
        operator: 'enqueued',
        parents: [],
        generation: 0,
      });
    enqueue(4);
    enqueue(2);
    const rest = sampler.propose(2, 6, columns.synchronousView(0)).map(({ params }) => params[0]);
    expect(rest.sort()).toEqual([1, 3, 5, 6]);
  });
});

describe('Permutation', () => {
  it('contains every number once, for any size and seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(), (size, seed) => {
        const order = new Permutation(seed, size);
        expect(Array.from({ length: size }, (_, i) => order.at(i)).sort((a, b) => a - b)).toEqual(
          Array.from({ length: size }, (_, i) => i),
        );
      }),
    );
  });

  it('puts any number at any position equally often', () => {
    const counts = new Float64Array(100);
    const seeds = 4000;
    for (let seed = 0; seed < seeds; seed++) {
      const order = new Permutation(seed, 10);
      for (let i = 0; i < 10; i++) counts[i * 10 + order.at(i)]! += 1;
    }
    // χ² of 100 cells with 81 degrees of freedom: 0.1 % of samples exceed 126.
    const expected = seeds / 10;
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(
      126,
    );
  });
});
