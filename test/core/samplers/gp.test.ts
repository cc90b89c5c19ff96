import { describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/create-sampler.ts';
import {
  FitObjective,
  fitted,
  startTheta,
} from '../../../src/core/samplers/guided-evolution/fit.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { playStudy } from '../../support/play-study.ts';

const spaceOf = (dimensions: number): SearchSpace =>
  Object.fromEntries(
    Array.from({ length: dimensions }, (_, i) => [
      `x${i}`,
      { type: 'float', low: 0, high: 1 } as const,
    ]),
  );

describe('Sampler gp: model', () => {
  const axes = axesOf(spaceOf(2));
  const stream = new Stream(1, { purpose: PURPOSE.params });
  const rows = Float64Array.from({ length: 40 }, () => stream.uniform53());
  const values = Float64Array.from({ length: 20 }, (_, i) => (rows[2 * i]! - 0.4) ** 2 * 10 - 1);

  it('has no sum of kernels of one parameter, before and after a fit', () => {
    expect([...startTheta(2, false)]).toEqual([0, 0, 0, -5, -Infinity, -Infinity]);
    const theta = fitted(axes, rows, values, false);
    expect([...theta.slice(4)]).toEqual([-Infinity, -Infinity]);
    expect(theta.slice(0, 4).every(Number.isFinite)).toBe(true);
    // The values do not depend on the second parameter.
    expect(theta[0]).toBeGreaterThan(theta[1]! + 2);
  });

  it('has the gradient of its objective', () => {
    const objective = new FitObjective(axes, rows, values);
    const theta = startTheta(2, false);
    objective.at(theta);
    const gradient = objective.gradient.slice();
    for (let i = 0; i < 4; i++) {
      const [up, down] = [1e-5, -1e-5].map((change) => {
        const moved = theta.slice();
        moved[i] = moved[i]! + change;
        return objective.at(moved);
      });
      expect(Math.abs((up! - down!) / 2e-5 - gradient[i]!)).toBeLessThan(1e-5);
    }
  });
});

describe('Sampler gp: search', () => {
  it('comes close to the optimum of a simple function of three parameters in 40 trials', () => {
    const space = spaceOf(3);
    for (const seed of [1, 2]) {
      const sampler = createSampler({ name: 'gp' }, space, 'minimize', seed);
      const { columns } = playStudy(sampler, space, { trials: 40, workers: 4, seed });
      // The optimum (0, 0.3, 0.6) has the value 0; of 40 random points the best has about 0.3.
      expect(columns.value(columns.best(1)[0]!)).toBeLessThan(0.06);
    }
  });

  it('starts with a Latin hypercube, then proposes candidates over the whole space', () => {
    const space = spaceOf(2);
    const sampler = createSampler({ name: 'gp' }, space, 'minimize', 3);
    const { proposals } = playStudy(sampler, space, { trials: 30, workers: 2, seed: 1 });
    const operators = proposals.map(({ origin }) => origin.operator);
    expect(new Set(operators.slice(0, 12))).toEqual(new Set(['latin-hypercube']));
    expect(operators.slice(12)).toContain('local-search');
    expect(operators.slice(12)).not.toContain('latin-hypercube');
  });
});
