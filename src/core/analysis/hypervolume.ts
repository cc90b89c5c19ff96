/**
 * Exact hypervolume of points with two or three objectives: the measure of the part of the
 * objective space that they dominate, up to a reference point. Points are minimised in every
 * coordinate.
 */
import { at } from '../at.ts';

type Point = readonly number[];

/** Most objectives for which `hypervolume` computes a value. */
export const MOST_OBJECTIVES = 3;

/**
 * Returns the hypervolume; points that are not better than the reference in every coordinate add
 * nothing. O(n log n) for two coordinates, O(n² log n) for three.
 * @throws RangeError for fewer than one or more than three coordinates
 */
export function hypervolume(points: readonly Point[], reference: Point): number {
  const inside = points.filter((point) => point.every((value, i) => value < at(reference, i)));
  switch (reference.length) {
    case 1:
      return inside.reduce((most, [x = 0]) => Math.max(most, at(reference, 0) - x), 0);
    case 2:
      return area(inside, reference);
    case 3:
      return volume(inside, reference);
    default:
      throw new RangeError(`no hypervolume for ${reference.length} objectives`);
  }
}

function area(points: readonly Point[], reference: Point): number {
  const sorted = points.toSorted((a, b) => at(a, 0) - at(b, 0) || at(a, 1) - at(b, 1));
  let [sum, lowest] = [0, at(reference, 1)];
  for (const point of sorted) {
    if (at(point, 1) >= lowest) continue;
    sum += (at(reference, 0) - at(point, 0)) * (lowest - at(point, 1));
    lowest = at(point, 1);
  }
  return sum;
}

/** Sums the areas of the slices between successive third coordinates. */
function volume(points: readonly Point[], reference: Point): number {
  const sorted = points.toSorted((a, b) => at(a, 2) - at(b, 2));
  let sum = 0;
  for (const [i, point] of sorted.entries()) {
    const next = i + 1 < sorted.length ? at(at(sorted, i + 1), 2) : at(reference, 2);
    const thickness = next - at(point, 2);
    if (thickness > 0) sum += thickness * area(sorted.slice(0, i + 1), reference);
  }
  return sum;
}

/**
 * Returns for each point, in order of completion, the hypervolume of the points up to it as a share
 * of the box between the best and the worst value of each objective among all of them. Null entries
 * (trials that are infeasible or have no values) repeat the share before. Null for more than three
 * objectives, or if one objective has a single value.
 */
export function hypervolumeShares(points: readonly (Point | null)[]): number[] | null {
  const known = points.filter((point) => point !== null);
  const dimensions = known[0]?.length ?? 0;
  if (dimensions < 1 || dimensions > MOST_OBJECTIVES) return null;
  const [best, worst] = [Math.min, Math.max].map((pick) =>
    Array.from({ length: dimensions }, (_, d) =>
      known.reduce((so, point) => pick(so, at(point, d)), at(at(known, 0), d)),
    ),
  ) as [number[], number[]];
  const box = best.reduce((product, low, d) => product * (at(worst, d) - low), 1);
  if (!(box > 0 && Number.isFinite(box))) return null;
  let front: Point[] = [];
  let share = 0;
  return points.map((point) => {
    if (point === null || front.some((member) => isNoWorse(member, point))) return share;
    front = [...front.filter((member) => !isNoWorse(point, member)), point];
    share = hypervolume(front, worst) / box;
    return share;
  });
}

function isNoWorse(one: Point, other: Point): boolean {
  return one.every((value, i) => value <= at(other, i));
}
