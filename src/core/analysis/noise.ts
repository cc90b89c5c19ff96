/** How much one training's value says about another of the same parameters: a standard deviation. */
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { toUnit } from '../search-space/unit-cube.ts';
import { medianOf } from './median-of.ts';

export interface Noise {
  /** Standard deviation of a value. */
  readonly deviation: number;
  /** `seeds`: the same parameters trained again. `neighbours`: of trials that are nearly alike, so rather too much than too little. */
  readonly from: 'seeds' | 'neighbours';
}

/** Over the median of |z|, z standard normal: turns a median distance into a standard deviation. */
const MEDIAN_TO_DEVIATION = 1.4826;
/** So many trials, at least, have neighbours worth the name. */
const NEEDED = 20;
/** The latest of them, for their distances are taken by pairs. */
const MOST = 400;

/**
 * From configurations trained on several seeds each: the pooled standard deviation within them.
 * @returns null: none has two finite values
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
 * Where nothing was trained twice: half the squared difference of each of the better half to its nearest neighbour is, but for
 * what the small distance itself makes, the noise's variance (the delta test, Pi & Peterson, Neural Computation 6, 1994); its
 * median is taken, for robustness.
 * @param points and values of trials that ended with a finite value
 * @param betterFirst whether a value is better than another
 * @returns null: too few
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
  const cubes = good.map((i) => Float64Array.from(axes, (axis) => toUnit(axis, points[i]?.[axis.index] ?? NaN)));
  const differences = good.map((i, a) => {
    let [nearest, at] = [Infinity, a];
    for (let b = 0; b < good.length; b++) {
      if (b === a) continue;
      const distance = distanceOf(axes, cubes[a], cubes[b]);
      if (distance < nearest) [nearest, at] = [distance, b];
    }
    return Math.abs((values[i] ?? 0) - (values[good[at] ?? i] ?? 0));
  });
  const median = medianOf(differences);
  return median === null ? null : { deviation: (median * MEDIAN_TO_DEVIATION) / Math.SQRT2, from: 'neighbours' };
}

/** Squared, on the unit cube; two choices, and a parameter that only one has, are 1 apart. */
function distanceOf(axes: readonly Axis[], a: Float64Array | undefined, b: Float64Array | undefined): number {
  let sum = 0;
  for (const [place, { kind }] of axes.entries()) {
    const [x, y] = [a?.[place] ?? NaN, b?.[place] ?? NaN];
    if (Number.isNaN(x) || Number.isNaN(y)) sum += Number.isNaN(x) === Number.isNaN(y) ? 0 : 1;
    else if (kind === 'categorical') sum += x === y ? 0 : 1;
    else sum += (x - y) ** 2;
  }
  return sum;
}
