import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../../../src/core/linear-algebra/symmetric-eigen.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { isConverged } from '../../../src/core/samplers/cma-es/convergence.ts';
import { initialDistribution, roots } from '../../../src/core/samplers/cma-es/distribution.ts';
import type { MixedSpace } from '../../../src/core/samplers/cma-es/mixed-space.ts';
import { defaultPopulation, strategyOf } from '../../../src/core/samplers/cma-es/strategy.ts';
import { nextDistribution } from '../../../src/core/samplers/cma-es/update.ts';

interface RecordedCase {
  readonly continuous: number;
  readonly cells: number;
  readonly ordinals: number;
  readonly choices: readonly number[];
  readonly population: number;
  readonly weights: readonly number[];
  readonly generations: readonly {
    readonly samples: readonly {
      readonly raw: readonly number[];
      readonly chosen: readonly number[];
      /** Null where the trial failed. */
      readonly loss: number | null;
    }[];
    readonly after: {
      readonly mean?: readonly number[];
      readonly sigma?: number;
      readonly covariance?: readonly number[];
      readonly sigmaPath?: readonly number[];
      readonly path?: readonly number[];
      readonly scale?: readonly number[];
      readonly leaving?: readonly number[];
      readonly probabilities?: readonly (readonly number[])[];
      readonly slowness?: number;
    };
  }[];
}

/** A distribution of two continuous coordinates, and whether the package gives it up. */
interface RecordedStop {
  readonly generation: number;
  readonly sigma: number;
  readonly covariance: readonly number[];
  readonly path: readonly number[];
  readonly mean: readonly number[];
  readonly values: readonly [number, number];
  readonly stops: boolean;
}

/** A search in two continuous coordinates until the package gives it up. */
interface RecordedEnd {
  readonly population: number;
  readonly generations: readonly {
    readonly samples: readonly { readonly raw: readonly number[]; readonly loss: number }[];
    readonly stops: boolean;
  }[];
}

/** Numbers of the package cmaes 0.13.1, recorded by `bench/peers/cma-es-fixture.py`. */
const recorded = JSON.parse(
  readFileSync(new URL('fixtures/cma-es.json', import.meta.url), 'utf8'),
) as {
  readonly cases: Readonly<Record<string, RecordedCase>>;
  readonly stops: readonly RecordedStop[];
  readonly ends: Readonly<Record<string, RecordedEnd>>;
};

const listed = (value: number | undefined): number[] | undefined =>
  value === undefined ? undefined : [value];
const expectClose = (
  found: ArrayLike<number>,
  expected: readonly number[] | undefined,
  name: string,
): void => {
  if (expected === undefined) return;
  expect(found).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i]! - value), `${name} ${i}`).toBeLessThanOrEqual(
      1e-9 * Math.max(largest, 1e-3),
    );
};

describe("Sampler cma-es: the numbers of the authors' package", () => {
  for (const [title, each] of Object.entries(recorded.cases)) {
    const space: MixedSpace = {
      continuous: each.continuous,
      ladders: Array.from({ length: each.ordinals }, () => ({
        cells: each.cells,
        position: (cell: number) => cell / (each.cells - 1),
      })),
      choices: each.choices,
    };
    const strategy = strategyOf(space, each.population);

    it(`weights ranks alike: ${title}`, () => {
      expectClose(strategy.weights, each.weights, 'weight');
      if (each.population < 16) expect(defaultPopulation(space)).toBe(each.population);
    });

    it(`has the same distribution after each generation: ${title}`, () => {
      const deviations = Array.from({ length: strategy.numeric }, (_, i) =>
        i < each.continuous ? 0.5 / 6 : 0.5 / 5,
      );
      let state = initialDistribution(strategy, deviations);
      for (const [generation, { samples, after }] of each.generations.entries()) {
        state = nextDistribution(
          strategy,
          state,
          samples.map(({ raw, chosen, loss }) => ({
            raw: Float64Array.from(raw),
            chosen: Float64Array.from(chosen),
            loss: loss ?? Infinity,
            isPruned: false,
          })),
        );
        const { gaussian, categorical } = state;
        const at = `generation ${generation}:`;
        expectClose(gaussian.mean, after.mean, `${at} mean`);
        expectClose([gaussian.sigma], listed(after.sigma), `${at} sigma`);
        expectClose(gaussian.covariance, after.covariance, `${at} covariance`);
        expectClose(gaussian.sigmaPath, after.sigmaPath, `${at} path of sigma`);
        expectClose(gaussian.path, after.path, `${at} path`);
        expectClose(gaussian.scale, after.scale, `${at} A`);
        expectClose(gaussian.leaving, after.leaving, `${at} probability of leaving`);
        for (const [i, row] of (after.probabilities ?? []).entries())
          expectClose(categorical.probabilities[i]!, row, `${at} probabilities ${i}`);
        expectClose([categorical.slowness], listed(after.slowness), `${at} slowness`);
      }
    });
  }
});

describe('Symmetric eigen-decomposition', () => {
  const stream = new Stream(7, { purpose: PURPOSE.params });

  it.each([1, 2, 5, 12])('gives orthonormal vectors that rebuild a matrix of %i rows', (n) => {
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = stream.normal();
    const { values, vectors } = symmetricEigen(matrix, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let [rebuilt, product] = [0, 0];
        for (let k = 0; k < n; k++) {
          rebuilt += vectors[i * n + k]! * values[k]! * vectors[j * n + k]!;
          product += vectors[k * n + i]! * vectors[k * n + j]!;
        }
        expect(Math.abs(rebuilt - matrix[i * n + j]!)).toBeLessThan(1e-13 * n);
        expect(Math.abs(product - (i === j ? 1 : 0))).toBeLessThan(1e-14 * n);
      }
  });

  it('computes tiny eigenvalues of a graded matrix to full relative accuracy', () => {
    // diag(1, 1e-6)·[2 1; 1 2]·diag(1, 1e-6): eigenvalues 2 and 1.5e-12, up to a relative 1e-12.
    const { values } = symmetricEigen(Float64Array.of(2, 1e-6, 1e-6, 2e-12), 2);
    const [small, large] = [...values].sort((a, b) => a - b);
    expect(Math.abs(small! / 1.5e-12 - 1)).toBeLessThan(1e-11);
    expect(large).toBeCloseTo(2, 11);
  });
});

describe("Sampler cma-es: gives a distribution up where the authors' package does", () => {
  const plane: MixedSpace = { continuous: 2, ladders: [], choices: [] };

  it.each(recorded.stops)('%j', ({ stops, generation, values, ...numbers }) => {
    const strategy = strategyOf(plane, 6);
    const initial = initialDistribution(strategy, [1, 1]);
    const covariance = Float64Array.from(numbers.covariance);
    const gaussian = {
      ...initial.gaussian,
      ...roots(covariance, 2),
      covariance,
      sigma: numbers.sigma,
      path: Float64Array.from(numbers.path),
      mean: Float64Array.from(numbers.mean),
    };
    const kept = Array.from({ length: strategy.valuesKept }, () => values);
    const found = isConverged(strategy, { ...initial, generation, gaussian, values: kept });
    expect(found).toBe(stops);
  });

  it.each(Object.entries(recorded.ends))('after the same generation: %s', (_, end) => {
    const strategy = strategyOf(plane, end.population);
    let state = initialDistribution(strategy, [0.5 / 6, 0.5 / 6]);
    const found = end.generations.map(({ samples }) => {
      const told = samples.map(({ raw, loss }) => ({
        raw: Float64Array.from(raw),
        chosen: new Float64Array(0),
        loss,
        isPruned: false,
      }));
      state = nextDistribution(strategy, state, told);
      return isConverged(strategy, state);
    });
    expect(found).toEqual(end.generations.map(({ stops }) => stops));
    expect(found.indexOf(true)).toBe(found.length - 1);
  });
});
