/**
 * Noise: the standard deviation of the value of one configuration over seeds.
 */
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { toUnit } from '../search-space/unit-cube.ts';
import { medianOf } from './median-of.ts';

export interface Noise {
  /** Standard deviation of the value. */
  readonly deviation: number;
  /**
   * `seeds`: estimated from repeated training of equal parameters. `neighbours`: estimated from
   * similar trials, which tends to overestimate.
   */
  readonly from: 'seeds' | 'neighbours';
}

/** 1 / median(|z|) for standard normal z: converts a median distance to a standard deviation. */
const MEDIAN_TO_DEVIATION = 1.4826;
/** Minimum number of trials for the estimate from neighbours. */
const NEEDED = 20;
/** Maximum number of trials, the latest ones: distances are computed for all pairs. */
const MOST = 400;

/**
 * Pooled standard deviation within configurations that were trained on several seeds each.
 * @returns null if no configuration has two finite values
 */
export function noiseOfSeeds(configurations: readonly (readonly number[])[]): Noise | null {
  let [squares, freedom] = [0, 0];
  for (const values of configurations) {
    const finite = values.filter(Number.isFinite);
    if (finite.length < 2) continue;
    const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
    for (const value of finite) squares += (value - mean) ** 2;
    freedom += finite.length - 1;
  }
  return freedom === 0 ? null : { deviation: Math.sqrt(squares / freedom), from: 'seeds' };
}

/**
 * Estimates the noise from trials of different parameters. Half the squared difference between a
 * trial of the better half and its nearest neighbour estimates the noise variance, apart from the
 * effect of the small distance (the delta test, Pi & Peterson, Neural Computation 6, 1994). The
 * median makes the estimate robust.
 * @param points points of trials that ended with a finite value
 * @param values values of these trials
 * @param betterFirst whether one value is better than another
 * @returns null for too few trials
 */
export function noiseOfNeighbours(
  axes: readonly Axis[],
  points: readonly EncodedParams[],
  values: readonly number[],
  betterFirst: (a: number, b: number) => boolean,
): Noise | null {
  const latest = [...values.keys()].filter((i) => Number.isFinite(values[i])).slice(-MOST);
  if (latest.length < NEEDED) return null;
  const middle = medianOf(latest.map((i) => values[i] ?? 0)) ?? 0;
  const good = latest.filter((i) => !betterFirst(middle, values[i] ?? 0));
  const nearestTo = nearestOf(
    axes,
    good.map((i) => points[i]),
  );
  const differences = good.map((i, a) => {
    const at = nearestTo(a);
    return Math.abs((values[i] ?? 0) - (values[good[at] ?? i] ?? 0));
  });
  const median = medianOf(differences);
  return median === null
    ? null
    : { deviation: (median * MEDIAN_TO_DEVIATION) / Math.SQRT2, from: 'neighbours' };
}

/**
 * Returns a function that finds the index of a point's nearest neighbour, its own index if there is
 * none. Distances are squared, on the unit cube; different choices, and a parameter that only one
 * of the points has, count as distance 1. Points are stored in one array and a sum ends early once
 * it exceeds the minimum, because all pairs are compared.
 */
function nearestOf(
  axes: readonly Axis[],
  points: readonly (EncodedParams | undefined)[],
): (of: number) => number {
  const width = axes.length;
  const cube = new Float64Array(points.length * width);
  for (const [i, point] of points.entries())
    for (const [place, axis] of axes.entries())
      cube[i * width + place] = toUnit(axis, point?.[axis.index] ?? NaN);
  const isChoice = Uint8Array.from(axes, ({ kind }) => (kind === 'categorical' ? 1 : 0));
  return (of) => {
    let [nearest, at] = [Infinity, of];
    for (let other = 0; other < points.length; other++) {
      if (other === of) continue;
      let sum = 0;
      for (let place = 0; place < width && sum < nearest; place++) {
        const x = cube[of * width + place] ?? NaN;
        const y = cube[other * width + place] ?? NaN;
        if (Number.isNaN(x) || Number.isNaN(y)) sum += Number.isNaN(x) === Number.isNaN(y) ? 0 : 1;
        else if (isChoice[place] === 1) sum += x === y ? 0 : 1;
        else sum += (x - y) ** 2;
      }
      if (sum < nearest) [nearest, at] = [sum, other];
    }
    return at;
  };
}
