import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../../src/core/elementary.ts';
import { logExpectedImprovement } from '../../../src/core/samplers/expected-improvement.ts';
import { Coordinates } from '../../../src/core/samplers/guided-evolution/coordinates.ts';
import {
  FitObjective,
  fitted,
  startTheta,
} from '../../../src/core/samplers/guided-evolution/fit.ts';
import { GuidedSearch } from '../../../src/core/samplers/guided-evolution/guided-evolution.ts';
import {
  axisKernel,
  kernelOf,
  matern,
  squaredDifference,
} from '../../../src/core/samplers/guided-evolution/kernel.ts';
import { Posterior } from '../../../src/core/samplers/guided-evolution/posterior.ts';
import { fitBasis } from '../../../src/core/samplers/guided-evolution/training-set.ts';
import { transformed } from '../../../src/core/samplers/guided-evolution/values.ts';
import type { Draws } from '../../../src/core/samplers/breeding.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';

type Point = readonly (number | null)[];
interface Golden {
  readonly ended: readonly (readonly [Point, number])[];
  readonly running: readonly Point[];
  readonly matern: readonly number[];
  readonly log_ei: readonly number[];
  readonly z: readonly number[];
  readonly z_power: readonly number[];
  readonly kernel_row0: readonly number[];
  readonly objective_start: number;
  readonly gradient_start: readonly number[];
  readonly theta: readonly number[];
  readonly theta_power: readonly number[];
  readonly objective_theta_power: number;
  readonly fit_basis: Readonly<Record<string, number>>;
  readonly posterior_running: readonly [readonly number[], readonly number[]];
  readonly believed: readonly number[];
  readonly sd_after: number;
  readonly asks: readonly {
    readonly number: number;
    readonly offset: number;
    readonly point: Point;
    readonly operator: string;
    readonly best: number;
    readonly score: number;
    readonly candidates: number;
    readonly wide: boolean;
  }[];
}

/** Printed by a reference implementation in NumPy of the same algorithm. */
const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/guided-evolution/golden.json', import.meta.url), 'utf8'),
) as Golden;

const space: SearchSpace = {
  x0: { type: 'float', low: 0, high: 1 },
  x1: { type: 'int', low: 0, high: 4 },
  x2: { type: 'categorical', choices: [0, 1, 2] },
  x3: { type: 'float', low: 0, high: 1, when: { x2: [0, 1] } },
};
const axes = axesOf(space);
const coordinates = new Coordinates(axes);
const params = (point: Point): Float64Array => Float64Array.from(point, (x) => x ?? NaN);
const points = golden.ended.map(([point]) => params(point));
const values = Float64Array.from(golden.ended, ([, value]) => value);
const rows = coordinates.rows(points);
const power = transformed(values, true);

/** Additive recurrence of the golden ratio, as the reference draws for its golden numbers. */
function goldenDraws(offset: number): Draws {
  let k = offset;
  const uniform = (): number => {
    k += 1;
    return (k * 0.6180339887498949) % 1;
  };
  return {
    uniform,
    uniform53: uniform,
    below: (count) => Math.floor(uniform() * count),
    normal: () => normalQuantile(uniform()),
  };
}

function expectClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance = 1e-6,
): void {
  expect(found).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(found[i]! - expected[i]!);
    expect(apart).toBeLessThanOrEqual(tolerance * Math.max(1e-6, Math.abs(expected[i]!)));
  }
}

describe('Guided evolution: golden numbers of the reference', () => {
  it('agrees on the kernel', () => {
    expectClose([0, 0.01, 0.25, 1, 4].map(matern), golden.matern);
    const { weights, productVariance, axisVariances } = kernelOf(startTheta(4), 4);
    const row = points.map((_, j) => {
      const squares = axes.map((axis, d) => squaredDifference(axis, rows[d]!, rows[4 * j + d]!));
      const weighted = squares.reduce((sum, square, d) => sum + weights[d]! * square, 0);
      return squares.reduce(
        (sum, square, d) => sum + axisVariances[d]! * axisKernel(square),
        productVariance * matern(weighted),
      );
    });
    expectClose(row, golden.kernel_row0);
  });

  it('agrees on the logarithm of expected improvement in all three ranges', () => {
    const cases = [
      [0, 1, 0],
      [1, 0.5, 0],
      [-1, 0.5, 0],
      [3, 1, 0],
      [10, 1, 0],
      [40, 1, 0],
    ] as const;
    expectClose(
      cases.map(([mean, sd, best]) => logExpectedImprovement(mean, sd, best)),
      golden.log_ei,
    );
  });

  it('agrees on the transformed values', () => {
    expectClose(transformed(values, false).values, golden.z);
    expectClose(power.values, golden.z_power);
  });

  it('agrees on the objective of the fit and its gradient', () => {
    const objective = new FitObjective(axes, rows, power.values);
    expectClose([objective.at(startTheta(4))], [golden.objective_start]);
    expectClose(objective.gradient, golden.gradient_start);
    expectClose(
      [objective.at(Float64Array.from(golden.theta_power))],
      [golden.objective_theta_power],
    );
  });

  it('agrees on the fitted hyperparameters', () => {
    expectClose(fitted(axes, rows, power.values), golden.theta_power, 1e-4);
    expectClose(fitted(axes, rows, transformed(values, false).values), golden.theta, 1e-4);
  });

  it('agrees on the predictions before and after running trials are believed', () => {
    const theta = Float64Array.from(golden.theta_power);
    const running = golden.running.map(params);
    const { means, sds } = new Posterior(axes, theta, rows, power.values).predict(
      coordinates.rows(running),
    );
    expectClose(means, golden.posterior_running[0]);
    expectClose(sds, golden.posterior_running[1], 1e-5);
    const after = new Posterior(
      axes,
      theta,
      coordinates.rows([...points, ...running]),
      power.values,
    );
    expectClose(after.believed, golden.believed);
    const moved = coordinates.rows(running.slice(0, 1)).map((x) => 0.5 * x + 0.2);
    expectClose(after.predict(moved).sds, [golden.sd_after]);
  });

  it('agrees on the number of completions that a fit sees', () => {
    for (const [count, basis] of Object.entries(golden.fit_basis))
      expect(fitBasis(Number(count))).toBe(basis);
  });

  it('agrees on whole asks, local and wide, with and without the power transformation', () => {
    const columns = new TrialColumns(space, 'minimize', { kind: 'all' });
    const running = golden.running.map(params);
    for (const [number, point] of [...points, ...running].entries())
      columns.proposed(number, point, 0, { operator: 'uniform', parents: [], generation: 0 });
    for (const [number, value] of values.entries())
      columns.end(number, 'complete', 'succeeded', value);
    const history = columns.asynchronousView(12);
    for (const expected of golden.asks) {
      const draws = goldenDraws(expected.offset);
      const found = new GuidedSearch(axes).ask(history, expected.number, running, draws);
      expect(found.isWide).toBe(expected.wide);
      expect(found.considered).toBe(expected.candidates);
      expectClose([found.best], [expected.best], 1e-4);
      expectClose([found.score], [expected.score], 1e-4);
      expectClose(
        found.chosen!.params.map((x) => (Number.isNaN(x) ? -1 : x)),
        expected.point.map((x) => x ?? -1),
        1e-4,
      );
      if (expected.operator === 'neighbour')
        expect(found.chosen!.origin.operator).toBe('neighbour');
      else expect(found.chosen!.origin.operator).toMatch(/mutation|crossover/);
    }
  });
});
