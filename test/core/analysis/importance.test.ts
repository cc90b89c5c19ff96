/** Importances of functions with a known answer, and the reasons for a missing result. */
import { describe, expect, it } from 'vitest';
import { importances } from '../../../src/core/analysis/importance.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';
import { uniformPoint } from '../../../src/core/samplers/uniform-point.ts';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import type { Direction } from '../../../src/core/study/direction.ts';

const cube: SearchSpace = {
  a: { type: 'float', low: 0, high: 1 },
  b: { type: 'float', low: 0, high: 1 },
  c: { type: 'float', low: 0, high: 1 },
  d: { type: 'categorical', choices: ['w', 'x', 'y', 'z'] },
};

function drawn(
  space: SearchSpace,
  count: number,
  value: (params: Float64Array, draws: Stream) => number,
  seed = 1,
) {
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

function known(
  space: SearchSpace,
  count: number,
  value: (params: Float64Array, draws: Stream) => number,
  direction: Direction = 'minimize',
) {
  const { axes, points, values } = drawn(space, count, value);
  const result = importances(axes, points, values, direction);
  if (!result.known) throw new Error(result.reason);
  const shares = result.parameters.map(({ whole }) => whole?.share ?? -1);
  expect(shares).toEqual([...shares].sort((x, y) => y - x));
  const of = new Map(result.parameters.map((parameter) => [parameter.name, parameter]));
  return {
    ...result,
    whole: (name: string) => of.get(name)?.whole?.share ?? NaN,
    good: (name: string) => of.get(name)?.good?.share ?? NaN,
    of: (name: string) => of.get(name),
  };
}

describe('Importance: whole space', () => {
  it('is the share of the variance that a parameter explains alone', () => {
    const found = known(cube, 400, ([a = 0, b = 0]) => 4 * a + 2 * b);
    // Shares of the variance of 4a + 2b: 16/20 and 4/20.
    expect(found.whole('a')).toBeGreaterThan(0.7);
    expect(found.whole('a')).toBeLessThan(0.85);
    expect(found.whole('b')).toBeGreaterThan(0.12);
    expect(found.whole('b')).toBeLessThan(0.25);
    expect(found.whole('c')).toBeLessThan(0.02);
    expect(found.whole('d')).toBeLessThan(0.02);
  });

  it('attributes an interaction of two parameters to neither of them, but to combinations', () => {
    const found = known(cube, 600, ([a = 0, b = 0]) => Number(a > 0.5 !== b > 0.5));
    expect(found.whole('a')).toBeLessThan(0.2);
    expect(found.whole('b')).toBeLessThan(0.2);
    expect(found.together.whole?.share).toBeGreaterThan(0.6);
  });

  it('handles choices, which have no order', () => {
    const found = known(cube, 200, ([, , , d = 0]) => [0.3, 0.9, 0.1, 0.8][d] ?? NaN);
    expect(found.whole('d')).toBeGreaterThan(0.9);
  });

  it('uses raw values and ignores diverged trials', () => {
    const found = known(cube, 300, ([a = 0, , c = 0]) => (c > 0.9 ? 100 : c < 0.1 ? NaN : a));
    expect(found.whole('c')).toBeGreaterThan(0.9);
    const without = known(cube, 300, ([a = 0, , c = 0]) => (c < 0.1 ? NaN : a));
    expect(without.whole('a')).toBeGreaterThan(0.9);
  });

  it('has a wider interval from twenty trials than from three hundred', () => {
    const few = known(cube, 20, ([a = 0], draws) => a + 0.2 * draws.normal()).of('a')?.whole;
    const many = known(cube, 300, ([a = 0], draws) => a + 0.2 * draws.normal()).of('a')?.whole;
    if (few === null || few === undefined || many === null || many === undefined)
      throw new Error('unknown');
    expect(few.high - few.low).toBeGreaterThan(many.high - many.low);
    for (const { low, share, high } of [few, many]) {
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(share);
      expect(high).toBeGreaterThanOrEqual(share);
      expect(high).toBeLessThanOrEqual(1);
    }
  });

  it('has an interval that contains the share also where one tree in twenty differs from all others', () => {
    // A tree whose bootstrap sample has none of the few large values explains the rest by `a`.
    let shares = 0;
    for (const large of [0.94, 0.95, 0.96, 0.97]) {
      const found = known(cube, 60, ([a = 0, , c = 0]) => (c > large ? 1 : 0.001 * a));
      for (const { whole } of found.parameters) {
        if (whole === null) continue;
        shares += 1;
        expect(whole.low).toBeLessThanOrEqual(whole.share);
        expect(whole.high).toBeGreaterThanOrEqual(whole.share);
      }
    }
    expect(shares).toBe(16);
  });
});

describe('Importance: good region', () => {
  /** A learning rate above 0.8 ruins a trial; among the others only dropout matters. */
  const ruined = ([rate = 0, dropout = 0]: Float64Array): number =>
    rate > 0.8 ? 0.1 : 0.9 + 0.05 * dropout;

  it('explains only differences among the better half of the trials', () => {
    const found = known(cube, 400, ruined, 'maximize');
    expect(found.whole('a')).toBeGreaterThan(0.9);
    expect(found.good('b')).toBeGreaterThan(0.6);
    expect(found.good('b')).toBeGreaterThan(found.good('a'));
  });

  it('starts at the median value, with diverged trials below it', () => {
    const found = known(cube, 400, ([a = 0, b = 0]) => (a > 0.6 ? NaN : b), 'maximize');
    // Three fifths have a value, uniform from 0 to 1; the better half of all trials lies above 1/6.
    expect(found.median).toBeGreaterThan(0.1);
    expect(found.median).toBeLessThan(0.25);
    expect(found.good('a')).toBeGreaterThan(0.2);
  });

  it('is unknown where more than half of the trials diverged', () => {
    const found = known(cube, 100, ([a = 0, b = 0]) => (a > 0.3 ? NaN : b));
    expect(found.median).toBeNull();
    expect(found.parameters.every(({ good }) => good === null)).toBe(true);
    expect(found.whole('b')).toBeGreaterThan(0.5);
  });

  it('mirrors where the direction does', () => {
    const down = known(cube, 200, (point) => -ruined(point), 'minimize');
    const up = known(cube, 200, ruined, 'maximize');
    expect(down.good('b')).toBeCloseTo(up.good('b'), 1);
  });
});

describe('Importance: conditional parameters', () => {
  const space: SearchSpace = {
    optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
    momentum: { type: 'float', low: 0, high: 1, when: { optimizer: ['sgd'] } },
    beta: { type: 'float', low: 0, high: 1, when: { optimizer: ['adam'] } },
    fixed: { type: 'int', low: 3, high: 3 },
  };
  const value = ([, momentum = NaN, beta = NaN]: Float64Array): number =>
    Number.isNaN(momentum) ? 0.8 + 0.01 * beta : momentum;

  it('are evaluated on the trials that have them', () => {
    const found = known(space, 400, value);
    expect(found.whole('momentum')).toBeGreaterThan(0.9);
    expect(found.whole('beta')).toBeGreaterThan(0.9);
    expect(found.whole('optimizer')).toBeGreaterThan(0.9);
    expect(found.of('momentum')?.trials).toBeLessThan(250);
    expect(found.of('optimizer')?.trials).toBe(400);
    expect(found.of('fixed')?.whole).toEqual({ share: 0, low: 0, high: 0 });
  });

  it('are unknown if fewer than twenty trials have them', () => {
    const found = known(space, 30, value);
    expect(found.of('momentum')?.whole).toBeNull();
    expect(found.whole('optimizer')).toBeGreaterThan(0.5);
  });
});

describe('Importance: studies of any size', () => {
  it('is unknown below twenty trials', () => {
    const { axes, points, values } = drawn(cube, 19, ([a = 0]) => a);
    expect(importances(axes, points, values, 'minimize')).toEqual({
      known: false,
      reason: 'too-few',
      needed: 20,
      trials: 19,
    });
  });

  it('is unknown if all values are equal or all trials diverged', () => {
    const { axes, points } = drawn(cube, 24, () => 1);
    const no = { known: false, reason: 'all-equal', needed: null, trials: 24 };
    expect(importances(axes, points, Array<number>(24).fill(0.5), 'minimize')).toEqual(no);
    expect(importances(axes, points, Array<number>(24).fill(NaN), 'maximize')).toEqual(no);
  });

  it('takes trials of every age where it does not take all, and gives the same each time', () => {
    const { a, b, c } = cube;
    // In the second half b explains everything: that half alone must not determine the result.
    const { axes, points, values } = drawn(
      { c, a, b } as SearchSpace,
      10_000,
      ([, x = 0, y = 0]) => x + 0.3 * y,
    );
    const turned = values.map((value, i) => (i < 5_000 ? value : (points[i]?.[2] ?? NaN)));
    const result = importances(axes, points, turned, 'maximize');
    expect(result).toMatchObject({ known: true, trials: 10_000 });
    expect(result.known ? result.parameters.slice(0, 2).map(({ name }) => name) : []).toEqual(
      expect.arrayContaining(['a', 'b']),
    );
    expect(importances(axes, points, turned, 'maximize')).toEqual(result);
  });
});
