/**
 * Grid search: every combination of the parameters' values once, in an order shuffled by the seed.
 * Ints, stepped floats and categoricals use all their values; a continuous float has `divisions`
 * inner values, low + i / (divisions + 1) · (high − low) (in ln if logarithmic), rounded as in the
 * published search. Inactive parameters are not varied.
 *
 * Positions in the order are computed on demand, so the size of the grid does not matter.
 */
import { exp, log } from '../elementary.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { cellsOf, Enumeration } from '../search-space/enumeration.ts';
import type { Levels } from '../search-space/enumeration.ts';
import type { HistoryView } from '../study/history.ts';
import { Permutation } from './permutation.ts';
import type { Proposal, Sampler } from './sampler.ts';

export const LARGEST_GRID = 2 ** 52;
/**
 * Maximum number of positions searched for an unused point, where points of the grid were enqueued
 * by the user.
 */
const LONGEST_SEARCH = 10_000;

const origin = { operator: 'grid', parents: [], generation: 0 } as const;

/** Points of the grid; infinitely many if `divisions` is null and a parameter is continuous. */
export function gridPoints(axes: readonly Axis[], divisions: number | null): Enumeration {
  return new Enumeration(
    axes,
    axes.map((axis) =>
      axis.kind === 'continuous' && divisions !== null ? divided(axis, divisions) : cellsOf(axis),
    ),
  );
}

/** @param divisions null only if no parameter is continuous */
export function grid(axes: readonly Axis[], seed: number, divisions: number | null): Sampler {
  const points = gridPoints(axes, divisions);
  if (points.size > LARGEST_GRID)
    throw new RangeError(
      `a grid of ${points.size} points, at most ${LARGEST_GRID} can be numbered`,
    );
  const order = new Permutation(seed, points.size);

  /**
   * Position n, or the next free one where points enqueued by the user took positions or numbers.
   */
  const freePlace = (
    number: number,
    history: HistoryView,
    used: ReadonlySet<number>,
  ): { place: number; params: EncodedParams } | null => {
    const start = number % points.size;
    for (let i = 0; i < Math.min(points.size, LONGEST_SEARCH); i++) {
      const place = (start + i) % points.size;
      if (used.has(place)) continue;
      const params = points.at(order.at(place));
      if (!history.has(params, number)) return { place, params };
    }
    return null;
  };

  return {
    name: 'grid',
    window: { kind: 'none' },
    repeats: false,
    barrier: () => 0,
    size: points.size,
    propose: (first, count, history) => {
      const proposals: Proposal[] = [];
      const used = new Set<number>();
      for (let number = first; number < first + count; number++) {
        const free = freePlace(number, history, used);
        if (free === null) break;
        used.add(free.place);
        proposals.push({ params: free.params, origin });
      }
      return proposals;
    },
  };
}

function divided(axis: Axis, divisions: number): Levels {
  if (axis.low === axis.high)
    return { count: 1, value: () => axis.low, find: (value) => (value === axis.low ? 0 : -1) };
  const value = (k: number): number => {
    const part = (k + 1) / (divisions + 1);
    const exact = axis.log
      ? Number(exp(log(axis.low) + part * (log(axis.high) - log(axis.low))).toPrecision(12))
      : Number((axis.low + part * (axis.high - axis.low)).toFixed(places(axis, divisions)));
    return Math.max(axis.low, Math.min(axis.high, exact));
  };
  return {
    count: divisions,
    value,
    find: (wanted) => {
      const unit = axis.log
        ? (log(wanted) - log(axis.low)) / (log(axis.high) - log(axis.low))
        : (wanted - axis.low) / (axis.high - axis.low);
      const k = Math.max(0, Math.min(divisions - 1, Math.round(unit * (divisions + 1)) - 1));
      return value(k) === wanted ? k : -1;
    },
  };
}

/**
 * Number of decimals: six for a range of about one, as published; more for narrower ranges and
 * finer grids.
 */
function places(axis: Axis, divisions: number): number {
  let decimals = Math.max(6, 3 + String(divisions).length);
  for (let range = axis.high - axis.low; range < 0.5 && decimals < 100; range *= 10) decimals += 1;
  return decimals;
}
