import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hypervolume, hypervolumeShares } from '../../../src/core/analysis/hypervolume.ts';

/** Share of the cells of a lattice that a point dominates; exact for points on the lattice. */
function counted(points: readonly (readonly number[])[], size: number, dimensions: number): number {
  let cells = 0;
  for (let cell = 0; cell < size ** dimensions; cell++) {
    const corner = Array.from(
      { length: dimensions },
      (_, d) => Math.floor(cell / size ** d) % size,
    );
    if (points.some((point) => point.every((value, d) => value <= corner[d]!))) cells += 1;
  }
  return cells;
}

describe('Hypervolume', () => {
  it.each([1, 2, 3])('equals the count of dominated cells in %i dimensions', (dimensions) => {
    const coordinate = fc.integer({ min: 0, max: 6 });
    const point = fc.array(coordinate, { minLength: dimensions, maxLength: dimensions });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), (points) => {
        const reference = Array<number>(dimensions).fill(6);
        expect(hypervolume(points, reference)).toBe(counted(points, 6, dimensions));
      }),
      { numRuns: 100 },
    );
  });

  it('refuses more than three objectives', () => {
    expect(() => hypervolume([], [1, 1, 1, 1])).toThrow(RangeError);
    expect(hypervolumeShares([[1, 2, 3, 4]])).toBeNull();
  });

  it('grows with every point that no earlier one dominates, and with no other', () => {
    const shares = hypervolumeShares([[4, 0], [0, 4], null, [2, 2], [3, 3], [1, 1]])!;
    expect(shares).toEqual([0, 0, 0, 0.25, 0.25, 0.5625]);
  });

  it('is unknown while an objective has one value only', () => {
    expect(hypervolumeShares([])).toBeNull();
    expect(
      hypervolumeShares([
        [1, 2],
        [1, 3],
      ]),
    ).toBeNull();
  });
});
