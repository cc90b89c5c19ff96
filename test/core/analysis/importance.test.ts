/** Importances of functions whose answer is known, and what is said where there is none. */
import { describe, expect, it } from 'vitest';
import { importances } from '../../../src/core/analysis/importance.ts';
import type { Importance } from '../../../src/core/analysis/importance.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { uniformPoint } from '../../../src/core/samplers/uniform-point.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';

const cube: SearchSpace = {
  a: { type: 'float', low: 0, high: 1 },
  b: { type: 'float', low: 0, high: 1 },
  c: { type: 'float', low: 0, high: 1 },
  d: { type: 'categorical', choices: ['w', 'x', 'y', 'z'] },
};

/** Of the space, or of one corner of it where a search has gathered. */
function drawn(space: SearchSpace, count: number, value: (params: Float64Array, draws: Stream) => number, seed = 1) {
  const axes = axesOf(space);
  const points: Float64Array[] = [];
  const values: number[] = [];
  for (let i = 0; i < count; i++) {
    const draws = new Stream(seed, { purpose: PURPOSE.simulation, trial: i + 1, ordinal: 5 });
    const params = uniformPoint(axes, draws);
    points.push(params);
    values.push(value(params, draws));
  }
  return { axes, points, values };
}

function known(space: SearchSpace, count: number, value: (params: Float64Array, draws: Stream) => number): Map<string, Importance> {
  const { axes, points, values } = drawn(space, count, value);
  const result = importances(axes, points, values, 'minimize');
  if (!result.known) throw new Error(result.reason);
  expect(result.parameters.map(({ importance }) => importance)).toEqual(
    result.parameters.map(({ importance }) => importance).sort((x, y) => y - x),
  );
  return new Map(result.parameters.map((parameter) => [parameter.name, parameter]));
}

describe('a parameter’s importance', () => {
  it('is its share of what varies, in order', () => {
    const found = known(cube, 400, ([a = 0, b = 0]) => 4 * a + 2 * b);
    // Shares of the variance of 4a + 2b: 16/20 and 4/20.
    expect(found.get('a')!.importance).toBeGreaterThan(0.65);
    expect(found.get('b')!.importance).toBeGreaterThan(0.1);
    expect(found.get('b')!.importance).toBeLessThan(0.35);
    expect(found.get('c')!.importance).toBeLessThan(0.05);
    expect(found.get('d')!.importance).toBeLessThan(0.05);
  });

  it('counts what two do only together, for both', () => {
    const found = known(cube, 600, ([a = 0, b = 0]) => Number(a > 0.5 !== b > 0.5));
    expect(Math.min(found.get('a')!.importance, found.get('b')!.importance)).toBeGreaterThan(0.6);
    expect(found.get('c')!.importance).toBeLessThan(0.3);
  });

  it('is seen in a choice without order', () => {
    const found = known(cube, 200, ([, , , d = 0]) => [0.3, 0.9, 0.1, 0.8][d]!);
    expect(found.get('d')!.importance).toBeGreaterThan(0.9);
  });

  it('is not drowned by a few that went wildly wrong, nor by diverged ones', () => {
    const found = known(cube, 300, ([a = 0, , c = 0]) => (c > 0.97 ? 1e9 : c < 0.02 ? NaN : a));
    expect(found.get('a')!.importance).toBeGreaterThan(found.get('c')!.importance);
  });

  it('is seen in twenty trials, with a wider interval than in three hundred', () => {
    const few = known(cube, 20, ([a = 0]) => a).get('a')!;
    const many = known(cube, 300, ([a = 0], draws) => a + 0.05 * draws.normal()).get('a')!;
    expect(few.importance).toBeGreaterThan(0.4);
    expect(few.high - few.low).toBeGreaterThan(many.high - many.low);
    for (const { low, importance, high } of [few, many]) {
      expect(low).toBeLessThanOrEqual(importance);
      expect(high).toBeGreaterThanOrEqual(importance);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(1);
    }
  });

  it('works with conditions: a parameter counts as far as it is used, one that decides over others for that as well', () => {
    const space: SearchSpace = {
      optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
      momentum: { type: 'float', low: 0, high: 1, when: { optimizer: ['sgd'] } },
      beta: { type: 'float', low: 0, high: 1, when: { optimizer: ['adam'] } },
      fixed: { type: 'int', low: 3, high: 3 },
    };
    const found = known(space, 400, ([, momentum = NaN, beta = NaN]) => (Number.isNaN(momentum) ? 0.4 + 0.01 * beta : momentum));
    expect(found.get('momentum')!.importance).toBeGreaterThan(0.3);
    expect(found.get('optimizer')!.importance).toBeGreaterThan(0.3);
    expect(found.get('beta')!.importance).toBeLessThan(0.2);
    expect(found.get('fixed')!).toMatchObject({ importance: 0, low: 0, high: 0 });
  });
});

describe('importances', () => {
  it('are not said under twenty trials', () => {
    const { axes, points, values } = drawn(cube, 19, ([a = 0]) => a);
    expect(importances(axes, points, values, 'minimize')).toEqual({ known: false, reason: 'too-few', needed: 20, trials: 19 });
  });

  it('are not said where all values are equal, or all diverged', () => {
    const { axes, points } = drawn(cube, 24, () => 1);
    const no = { known: false, reason: 'all-equal', needed: null, trials: 24 };
    expect(importances(axes, points, Array<number>(24).fill(0.5), 'minimize')).toEqual(no);
    expect(importances(axes, points, Array<number>(24).fill(NaN), 'maximize')).toEqual(no);
  });

  it('of more trials than are looked at are those of some of every age, and the same each time', () => {
    const { axes, points, values } = drawn(cube, 10_000, ([a = 0, b = 0]) => a + 0.3 * b);
    const result = importances(axes, points, values, 'maximize');
    expect(result).toMatchObject({ known: true, trials: 10_000 });
    expect(importances(axes, points, values, 'maximize')).toEqual(result);
    // The last half alone must not decide: there b is all.
    const turned = values.map((value, i) => (i < 5_000 ? value : points[i]![1]!));
    const both = importances(axes, points, turned, 'maximize');
    expect(
      both.known &&
        both.parameters
          .map(({ name }) => name)
          .slice(0, 2)
          .sort(),
    ).toEqual(['a', 'b']);
  });
});
