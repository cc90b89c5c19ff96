import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { log } from '../../../src/core/elementary.ts';
import { logExpectedImprovement } from '../../../src/core/samplers/expected-improvement.ts';
import { FitObjective } from '../../../src/core/samplers/guided-evolution/fit.ts';
import { NOISE_FLOOR } from '../../../src/core/samplers/guided-evolution/kernel.ts';
import { Posterior } from '../../../src/core/samplers/guided-evolution/posterior.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { Distribution } from '../../../src/core/search-space/distribution.ts';

interface Predicted {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  readonly logEi: readonly number[];
  /** Largest value so far. */
  readonly best: number;
}

interface RecordedCase {
  readonly numbers: number;
  /** Number of choices of each categorical. */
  readonly choices: readonly number[];
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
  readonly weights: readonly number[];
  readonly scale: number;
  readonly noise: number;
  readonly likelihood: number;
  readonly asked: readonly (readonly number[])[];
  readonly before: Predicted;
  readonly running: readonly (readonly number[])[];
  readonly believed: readonly number[];
  readonly after: Predicted;
}

/**
 * Numbers of Optuna 5.0.0, recorded by `bench/peers/gp-fixture.py`. Fitted hyperparameters are not
 * compared: the priors and the optimizer are others.
 */
const recorded = JSON.parse(readFileSync(new URL('fixtures/gp.json', import.meta.url), 'utf8')) as {
  readonly cases: Readonly<Record<string, RecordedCase>>;
  readonly standard: { readonly z: readonly number[]; readonly logEi: readonly number[] };
};

const expectClose = (found: ArrayLike<number>, expected: readonly number[], tolerance: number) => {
  expect(found).toHaveLength(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(found[i]! - value), `${i}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(value)),
    );
};

/** Below z = -25, terms of 1 / z² and beyond are left out: less than 0.005 of several hundred. */
const expectImprovement = (mean: number, sd: number, best: number, expected: number) => {
  const z = (best - mean) / sd;
  const tolerance = 1e-6 * Math.max(1, Math.abs(expected)) + (z < -25 ? 3 / z ** 2 : 0);
  const apart = Math.abs(logExpectedImprovement(mean, sd, best) - expected);
  expect(apart, `z = ${z}`).toBeLessThanOrEqual(tolerance);
};

describe("Sampler gp: the numbers of Optuna's Gaussian process", () => {
  for (const [title, each] of Object.entries(recorded.cases)) {
    const axes = axesOf(
      Object.fromEntries([
        ...Array.from({ length: each.numbers }, (_, i): [string, Distribution] => [
          `n${i}`,
          { type: 'float', low: 0, high: 1 },
        ]),
        ...each.choices.map((count, i): [string, Distribution] => [
          `c${i}`,
          { type: 'categorical', choices: Array.from({ length: count }, (_, choice) => choice) },
        ]),
      ]),
    );
    // Without the sum of kernels of one axis each, as the sampler has it.
    const theta = Float64Array.of(
      ...each.weights.map(log),
      log(each.scale),
      log(each.noise - NOISE_FLOOR),
      ...axes.map(() => -Infinity),
    );
    const rows = (points: RecordedCase['x']): Float64Array => Float64Array.from(points.flat());
    // Smaller is better here.
    const values = Float64Array.from(each.y, (value) => -value);

    const expectPredicted = (posterior: Posterior, { mean, variance, logEi, best }: Predicted) => {
      const { means, sds } = posterior.predict(rows(each.asked));
      expectClose(
        means.map((value) => -value),
        mean,
        1e-10,
      );
      expectClose(
        sds.map((sd) => sd * sd),
        variance,
        1e-10,
      );
      for (const [i, value] of means.entries()) expectImprovement(value, sds[i]!, -best, logEi[i]!);
    };

    it(`predicts mean, variance and improvement alike: ${title}`, () => {
      expectPredicted(new Posterior(axes, theta, rows(each.x), values), each.before);
    });

    it(`believes running trials alike: ${title}`, () => {
      const all = rows([...each.x, ...each.running]);
      const posterior = new Posterior(axes, theta, all, values);
      expectClose(
        posterior.believed.map((value) => -value),
        each.believed,
        1e-10,
      );
      expectPredicted(posterior, each.after);
    });

    it(`has the same likelihood of the values: ${title}`, () => {
      const whole = new FitObjective(axes, rows(each.x), values).at(theta);
      const priors = new FitObjective(axes, new Float64Array(), new Float64Array()).at(theta);
      expectClose([priors - whole], [each.likelihood], 1e-10);
    });
  }

  it('has the same logarithm of the expected improvement, but for the far tail', () => {
    const { z, logEi } = recorded.standard;
    for (const [i, threshold] of z.entries()) expectImprovement(-threshold, 1, 0, logEi[i]!);
  });
});
