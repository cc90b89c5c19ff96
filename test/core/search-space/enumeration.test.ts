import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axesOf, valueOfCell } from '../../../src/core/search-space/axis.ts';
import type { SearchSpace } from '../../../src/core/search-space/distribution.ts';
import { keyText } from '../../../src/core/search-space/duplicate-key.ts';
import { Enumeration } from '../../../src/core/search-space/enumeration.ts';
import { deactivate } from '../../../src/core/search-space/activity.ts';
import { sizeOf } from '../../../src/core/search-space/size.ts';
import { finiteDistribution, spaceOf } from './arbitrary-space.ts';

/** Every combination by brute force, with inactive parameters removed and without duplicates. */
function listed(space: SearchSpace): Set<string> {
  const axes = axesOf(space);
  let points = [new Float64Array(axes.length)];
  for (const axis of axes) {
    points = points.flatMap((point) =>
      Array.from({ length: axis.cells }, (_, cell) => {
        const copy = Float64Array.from(point);
        copy[axis.index] = valueOfCell(axis, cell);
        return copy;
      }),
    );
  }
  for (const point of points) deactivate(axes, point);
  return new Set(points.map((point) => keyText(axes, point)));
}

describe('Search space: enumeration', () => {
  it('contains every point of a finite space once', () => {
    fc.assert(
      fc.property(spaceOf(finiteDistribution, 4), (space) => {
        fc.pre(axesOf(space).reduce((product, axis) => product * axis.cells, 1) <= 3000);
        const axes = axesOf(space);
        const expected = listed(space);
        const points = new Enumeration(axes);
        expect(points.size).toBe(expected.size);
        expect(
          new Set(Array.from({ length: points.size }, (_, i) => keyText(axes, points.at(i)))),
        ).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('reaches the last of 10¹² points without listing them', () => {
    const axes = axesOf(
      Object.fromEntries(
        Array.from({ length: 12 }, (_, i) => [`p${i}`, { type: 'int', low: 0, high: 9 } as const]),
      ),
    );
    const points = new Enumeration(axes);
    expect(points.size).toBe(1e12);
    expect([...points.at(123_456_789_012)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]);
  });
});

describe('Search space: number of points', () => {
  const a = { type: 'categorical', choices: ['x', 'y'] } as const;
  it('is infinite exactly if a continuous parameter can be active', () => {
    expect(sizeOf({ a })).toBe(2);
    expect(sizeOf({ a, f: { type: 'float', low: 0, high: 1, when: { a: ['x'] } } })).toBe(Infinity);
    expect(sizeOf({ a, b: { type: 'int', low: 1, high: 5, when: { a: ['x'] } } })).toBe(6);
    const never = { type: 'float', low: 0, high: 1, when: { a: ['x'], b: [3] } } as const;
    expect(sizeOf({ a, b: { type: 'int', low: 1, high: 5, when: { a: ['y'] } }, never })).toBe(6);
  });

  it('is infinite for conditions with too many combinations, instead of taking forever', () => {
    const flags = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, a]));
    const when = Object.fromEntries(Object.keys(flags).map((name) => [name, ['x']]));
    expect(sizeOf({ ...flags, all: { type: 'int', low: 0, high: 1, when } })).toBe(Infinity);
  });
});
