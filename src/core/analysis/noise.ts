/**
 * How much one training's value says about another of the same parameters: a standard deviation.
 */
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { toUnit } from '../search-space/unit-cube.ts';
import { medianOf } from './median-of.ts';

export interface Noise {
  /** Standard deviation of a value. */
  readonly deviation: number;
  /**
   * `seeds`: the same parameters trained again. `neighbours`: of trials that are nearly alike, so
   * rather too much than too little.
   */
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
 * Where nothing was trained twice: half the squared difference of each of the better half to its
 * nearest neighbour is, but for what the small distance itself makes, the noise's variance (the
 * delta test, Pi & Peterson, Neural Computation 6, 1994); its median is taken, for robustness.
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
 * Returns the search for the place of a point's nearest neighbour, itself where it has none.
 * Distances are squared, on the unit cube; two choices, and a parameter that only one point has,
 * are 1 apart. All pairs are asked for, so points are one array, and a sum ends once it exceeds the
 * least so far.
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
