/**
 * Ranks points by constrained domination, and measures how crowded they are (Deb et al. 2002,
 * NSGA-II, IEEE Transactions on Evolutionary Computation 6). Points are minimised in every
 * coordinate; `oriented` converts values.
 */
import { at } from '../at.ts';
import type { Direction } from './direction.ts';

export interface Point {
  /** Coordinates, smaller is better. */
  readonly at: readonly number[];
  /** Total violation of constraints; 0: feasible. */
  readonly violation: number;
}

/** Returns values with the sign that makes smaller better. */
export function oriented(
  values: ArrayLike<number>,
  directions: readonly Direction[],
): readonly number[] {
  return directions.map((direction, i) => (direction === 'minimize' ? 1 : -1) * at(values, i));
}

/**
 * Returns whether the first point dominates the second: it is feasible and the other is not, or
 * violates the constraints less, or, both feasible, is no worse in any coordinate and better in
 * one.
 */
export function dominates(one: Point, other: Point): boolean {
  if (one.violation > 0 || other.violation > 0) return one.violation < other.violation;
  let better = false;
  for (let i = 0; i < one.at.length; i++) {
    const [a, b] = [at(one.at, i), at(other.at, i)];
    if (a > b) return false;
    if (a < b) better = true;
  }
  return better;
}

/**
 * Returns the rank of each point: 0 for those that no point dominates, 1 for those that only points
 * of rank 0 dominate, and so on. Equal points have equal ranks. O(n²) comparisons.
 */
export function ranksOf(points: readonly Point[]): number[] {
  const ranks = points.map(() => -1);
  const dominators = points.map(() => 0);
  const dominated: number[][] = points.map(() => []);
  for (let i = 0; i < points.length; i++) {
    for (let j = i + 1; j < points.length; j++) {
      const [first, second] = [at(points, i), at(points, j)];
      const [better, worse] = dominates(first, second)
        ? [i, j]
        : dominates(second, first)
          ? [j, i]
          : [-1, -1];
      if (better < 0) continue;
      at(dominated, better).push(worse);
      dominators[worse] = at(dominators, worse) + 1;
    }
  }
  let front = points.flatMap((_, i) => (dominators[i] === 0 ? [i] : []));
  for (let rank = 0; front.length > 0; rank++) {
    for (const i of front) ranks[i] = rank;
    front = front.flatMap((i) =>
      at(dominated, i).filter((j) => {
        const left = at(dominators, j) - 1;
        dominators[j] = left;
        return left === 0;
      }),
    );
  }
  return ranks;
}

/**
 * Returns the crowding distance of each point among the given ones: the sum over the coordinates of
 * the gap between its two neighbours, as a share of the range. Infinite for the first and the last
 * in a coordinate; a coordinate in which all are equal adds nothing.
 */
export function crowdingOf(points: readonly Pick<Point, 'at'>[]): number[] {
  const distances = points.map(() => 0);
  const order = points.map((_, i) => i);
  const dimensions = points[0]?.at.length ?? 0;
  for (let d = 0; d < dimensions; d++) {
    const coordinate = (place: number): number => at(at(points, at(order, place)).at, d);
    order.sort((a, b) => at(at(points, a).at, d) - at(at(points, b).at, d));
    const [least, most] = [coordinate(0), coordinate(order.length - 1)];
    if (least === most) continue;
    for (const [place, i] of order.entries()) {
      const before = place === 0 ? -Infinity : coordinate(place - 1);
      const after = place === order.length - 1 ? Infinity : coordinate(place + 1);
      distances[i] = at(distances, i) + (after - before) / (most - least);
    }
  }
  return distances;
}
