import { describe, expect, it } from 'vitest';
import { noiseOfNeighbours, noiseOfSeeds } from '../../../src/core/analysis/noise.ts';
import type { Noise } from '../../../src/core/analysis/noise.ts';
import { worthOf } from '../../../src/core/analysis/worth.ts';
import type { EndedTrials } from '../../../src/core/analysis/worth.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { uniformPoint } from '../../../src/core/samplers/uniform-point.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';

const noise = (deviation: number): Noise => ({ deviation, from: 'seeds' });

/** Builds a study: `[number, value]` in order of completion. */
function ended(
  ends: readonly (readonly [number, number])[],
  direction: 'minimize' | 'maximize' = 'maximize',
): EndedTrials {
  const values = new Map(ends);
  return {
    direction,
    ended: ends.length,
    completion: (i) => ends[i]![0],
    value: (number) => values.get(number)!,
  };
}

describe('Recent progress: gain', () => {
  const one = { size: 2, generation: null };
  const inOrder = (...values: readonly number[]) =>
    ended(values.map((value, number) => [number, value] as const));

  it('is the improvement of the last 2μ completions over the best before them', () => {
    expect(worthOf(inOrder(0.1, 0.6, 0.5, 0.8, 0.7, 0.2), one, noise(0.1))).toEqual({
      generations: null,
      trials: 4,
      gain: expect.closeTo(0.2, 12) as number,
      verdict: 'gains',
    });
  });

  it('is zero if nothing improved, whatever failed among them', () => {
    expect(worthOf(inOrder(0.9, 0.6, -Infinity, NaN, 0.7, 0.2), one, noise(0.1))).toMatchObject({
      gain: 0,
      verdict: 'withinNoise',
    });
  });

  it('is within the noise up to one standard deviation, and unknown if the noise is', () => {
    const trials = inOrder(0.5, 0.5, 0.5, 0.5, 0.75);
    expect(worthOf(trials, one, noise(0.25))).toMatchObject({ verdict: 'withinNoise' });
    expect(worthOf(trials, one, noise(0.24))).toMatchObject({ verdict: 'gains' });
    expect(worthOf(trials, one, null)).toMatchObject({ verdict: 'unknown', gain: 0.25 });
  });

  it('covers the last two generations, including the current one, by trial number', () => {
    const pool = { size: 2, generation: 2 };
    const ends = [
      [1, 0.2],
      [0, 0.1],
      [2, 0.3],
      [3, 0.25],
      [5, 0.35],
      [4, 0.1],
      [6, 0.33],
    ] as const;
    expect(worthOf(ended(ends), pool, noise(1))).toEqual({
      generations: 2,
      trials: 3,
      gain: expect.closeTo(0.05, 12) as number,
      verdict: 'withinNoise',
    });
  });

  it('is positive when minimising', () => {
    const ends = [5, 4, 4, 3, 3.5].map((value, number) => [number, value] as const);
    expect(
      worthOf(ended(ends, 'minimize'), { size: 1, generation: null }, noise(0.1)),
    ).toMatchObject({ gain: 1, trials: 2 });
  });

  it('is missing while there is no earlier value to compare with', () => {
    expect(worthOf(inOrder(0.1, 0.2), one, null)).toBe(null);
    expect(worthOf(inOrder(NaN, 0.1, 0.2, 0.3, 0.1), one, null)).toBe(null);
    expect(worthOf(inOrder(), one, null)).toBe(null);
  });
});

describe('Noise of one training', () => {
  it('is the pooled standard deviation within configurations, from seeds', () => {
    // Variances 2 (one degree of freedom) and 1 (two).
    expect(noiseOfSeeds([[1, 3], [1, 2, 3], [7], [NaN, 4]])).toEqual({
      deviation: Math.sqrt((2 * 1 + 1 * 2) / 3),
      from: 'seeds',
    });
    expect(noiseOfSeeds([[7], []])).toBe(null);
  });

  it('is close to the true noise, from neighbours, if the function changes slowly between them', () => {
    const axes = axesOf({
      a: { type: 'float', low: 0, high: 1 },
      b: { type: 'categorical', choices: ['x', 'y'] },
    });
    const estimates: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const draws = new Stream(seed, { purpose: PURPOSE.simulation, ordinal: 3 });
      const points = Array.from({ length: 200 }, () => uniformPoint(axes, draws));
      const values = points.map(([a = 0, b = 0]) => 0.3 * a + 2 * b + 0.05 * draws.normal());
      const found = noiseOfNeighbours(axes, points, values, (x, y) => x > y);
      expect(found!.from).toBe('neighbours');
      estimates.push(found!.deviation);
    }
    const mean = estimates.reduce((sum, x) => sum + x, 0) / estimates.length;
    expect(mean).toBeGreaterThan(0.035);
    expect(mean).toBeLessThan(0.07);
  });

  it('is missing for fewer than twenty trials, from neighbours', () => {
    const axes = axesOf({ a: { type: 'float', low: 0, high: 1 } });
    const points = Array.from({ length: 19 }, (_, i) => Float64Array.of(i / 20));
    expect(noiseOfNeighbours(axes, points, Array<number>(19).fill(1), (x, y) => x > y)).toBe(null);
  });
});
