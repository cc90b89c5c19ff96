import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axesOf } from '../../../src/core/search-space/axis.ts';
import type { Axis } from '../../../src/core/search-space/axis.ts';
import { fromCube, fromUnit, toCube, toUnit } from '../../../src/core/search-space/unit-cube.ts';
import type { Distribution } from '../../../src/core/search-space/distribution.ts';
import { anyDistribution, spaceOf } from './arbitrary-space.ts';

const axisOf = (distribution: Distribution): Axis => axesOf({ x: distribution })[0]!;
const unit = fc.double({ min: 0, max: 1, noNaN: true });

describe('Search space: unit scale', () => {
  it('decodes into the bounds, and its ends to the bounds', () => {
    fc.assert(
      fc.property(anyDistribution, unit, (distribution, u) => {
        const axis = axisOf(distribution);
        const value = fromUnit(axis, u);
        expect(value).toBeGreaterThanOrEqual(axis.low);
        expect(value).toBeLessThanOrEqual(axis.high);
        expect(fromUnit(axis, 0)).toBe(axis.low);
        expect(fromUnit(axis, 1)).toBe(axis.high);
        expect(fromUnit(axis, -0.1)).toBe(axis.low);
        expect(fromUnit(axis, 1.1)).toBe(axis.high);
      }),
    );
  });

  it('is inverted by encoding: exactly on steps, to 1e-12 of the range otherwise', () => {
    fc.assert(
      fc.property(anyDistribution, unit, (distribution, u) => {
        const axis = axisOf(distribution);
        const value = fromUnit(axis, u);
        const again = fromUnit(axis, toUnit(axis, value));
        if (axis.kind === 'continuous')
          expect(Math.abs(again - value)).toBeLessThanOrEqual(1e-12 * (axis.high - axis.low));
        else expect(again).toBe(value);
      }),
    );
  });

  it('decodes monotonically', () => {
    fc.assert(
      fc.property(anyDistribution, unit, unit, (distribution, a, b) => {
        const axis = axisOf(distribution);
        expect(fromUnit(axis, Math.min(a, b))).toBeLessThanOrEqual(fromUnit(axis, Math.max(a, b)));
      }),
    );
  });

  it('decodes bounds of logarithmic floats exactly', () => {
    for (const [low, high] of [
      [1e-4, 1],
      [3e-7, 0.1],
      [1e-300, 1e300],
      [0.1, 0.3],
    ] as const) {
      const axis = axisOf({ type: 'float', low, high, log: true });
      expect([fromUnit(axis, 0), fromUnit(axis, 1), toUnit(axis, low), toUnit(axis, high)]).toEqual(
        [low, high, 0, 1],
      );
    }
  });

  it('halves a logarithmic range at its geometric mean', () => {
    expect(fromUnit(axisOf({ type: 'float', low: 1e-4, high: 1, log: true }), 0.5)).toBeCloseTo(
      0.01,
      14,
    );
  });

  it('gives every step an equal share, as an exact decimal', () => {
    const axis = axisOf({ type: 'float', low: 0.1, high: 0.75, step: 0.1 });
    expect(
      Array.from({ length: 70 }, (_, i) => fromUnit(axis, (i + 0.5) / 70)).filter(
        (_, i) => i % 10 === 5,
      ),
    ).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]);
  });

  it('gives logarithmic ints the share of [value − ½, value + ½] in ln', () => {
    const axis = axisOf({ type: 'int', low: 1, high: 4, log: true });
    const edge = (value: number): number => Math.log((value + 0.5) / 0.5) / Math.log(4.5 / 0.5);
    for (const value of [1, 2, 3]) {
      expect(fromUnit(axis, edge(value) - 1e-9)).toBe(value);
      expect(fromUnit(axis, edge(value) + 1e-9)).toBe(value + 1);
    }
  });

  it('keeps exact decimals where low is not a multiple of the step', () => {
    const axis = axisOf({ type: 'float', low: 0.05, high: 1, step: 0.3 });
    expect([0, 0.3, 0.6, 0.99].map((u) => fromUnit(axis, u))).toEqual([0.05, 0.35, 0.65, 0.95]);
    expect(axis.high).toBe(0.95);
  });
});

describe('Search space: points on the cube', () => {
  it('survive a round trip, including conditions', () => {
    fc.assert(
      fc.property(
        spaceOf(anyDistribution),
        fc.array(unit, { minLength: 6, maxLength: 6 }),
        (space, units) => {
          const axes = axesOf(space);
          const point = fromCube(
            axes,
            Float64Array.from(axes, (_, i) => units[i]!),
          );
          const again = fromCube(axes, toCube(axes, point));
          for (const axis of axes) {
            const [a, b] = [point[axis.index]!, again[axis.index]!];
            if (axis.kind === 'continuous' && !Number.isNaN(a))
              expect(Math.abs(b - a)).toBeLessThanOrEqual(1e-12 * (axis.high - axis.low));
            else expect(b).toBe(a);
          }
        },
      ),
    );
  });
});
