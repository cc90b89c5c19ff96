import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import { directionNumbers } from '../../../src/core/samplers/sobol-directions.ts';
import { sobolWord } from '../../../src/core/samplers/sobol.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { playStudy } from '../../support/play-study.ts';

interface RecordedPoint {
  readonly index: number;
  readonly words: readonly number[];
}

/** Points of `scipy.stats.qmc.Sobol`, recorded by `bench/peers/sobol-fixture.py`. */
const recorded = JSON.parse(
  readFileSync(new URL('fixtures/sobol.json', import.meta.url), 'utf8'),
) as readonly RecordedPoint[];

const cubeOf = (dimensions: number): SearchSpace =>
  Object.fromEntries(
    Array.from({ length: dimensions }, (_, i) => [
      `x${i}`,
      { type: 'float', low: 0, high: 1 } as const,
    ]),
  );
const points = (space: SearchSpace, seed: number, trials: number): readonly Float64Array[] =>
  playStudy(createSampler({ name: 'sobol' }, space, 'minimize', seed), space, {
    trials,
    workers: 1,
    seed,
  }).proposals.map(({ params }) => params);

describe('Sampler sobol', () => {
  it("has SciPy's points before the scramble, in all 256 dimensions", () => {
    expect(recorded.at(-1)?.words).toHaveLength(256);
    for (const { index, words } of recorded)
      expect(words.map((_, dimension) => sobolWord(directionNumbers(dimension), index))).toEqual(
        words,
      );
  });

  it('places one of 2ᵏ consecutive points in each of 2ᵏ strata of every parameter', () => {
    const dimensions = 12;
    for (const seed of [1, 2]) {
      const all = points(cubeOf(dimensions), seed, 256);
      for (const [start, count] of [
        [0, 64],
        [64, 64],
        [0, 256],
      ] as const) {
        for (let dimension = 0; dimension < dimensions; dimension++) {
          const strata = all
            .slice(start, start + count)
            .map((params) => Math.floor(params[dimension]! * count));
          expect(new Set(strata).size).toBe(count);
        }
      }
    }
  });

  it('covers every elementary rectangle of the first two parameters once', () => {
    const all = points(cubeOf(2), 5, 64);
    for (let bits = 0; bits <= 6; bits++) {
      const cells = all.map(
        ([x, y]) => `${Math.floor(x! * 2 ** bits)}:${Math.floor(y! * 2 ** (6 - bits))}`,
      );
      expect(new Set(cells).size).toBe(64);
    }
  });

  it('draws different scrambles for different seeds and parameters', () => {
    const [first, second] = [points(cubeOf(2), 1, 8), points(cubeOf(2), 2, 8)];
    expect(first[0]![0]).not.toBe(second[0]![0]);
    expect(first[0]![0]).not.toBe(first[0]![1]);
  });

  it('skips points of the sequence that a trial already has', () => {
    const space: SearchSpace = { a: { type: 'int', low: 0, high: 7 } };
    const found = points(space, 3, 8).map(([a]) => a!);
    expect([...found].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const { proposals } = playStudy(
      createSampler({ name: 'sobol' }, { a: { type: 'int', low: 0, high: 2 } }, 'minimize', 3),
      { a: { type: 'int', low: 0, high: 2 } },
      { trials: 5, workers: 1, seed: 1 },
    );
    expect(proposals.map(({ origin }) => origin.operator)).toEqual(['sobol', 'sobol', 'sobol']);
  });

  it('draws parameters beyond the table uniformly', () => {
    const wide = points(cubeOf(260), 1, 64);
    for (const dimension of [255, 256, 259]) {
      const mean = wide.reduce((sum, params) => sum + params[dimension]!, 0) / 64;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.15);
    }
  });
});
