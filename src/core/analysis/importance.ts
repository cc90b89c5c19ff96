/**
 * Which parameters matter: how much of the differences between trials each accounts for, alone and together with others.
 *
 * A random forest (Breiman 2001) learns from the finished trials how a point ranks among them; ranks, so that a few that went
 * wildly wrong are not all there is to explain, and so that diverged ones count as the worst. On points drawn from the search
 * space each tree says how far its answer varies when one parameter alone is drawn anew: the total-effect index (Homma & Saltelli
 * 1996, by Jansen's formula of 1999), as functional ANOVA does for main effects (Hutter, Hoos & Leyton-Brown 2014). Every tree
 * saw a bootstrap sample of its own, so the trees' answers are the interval. Points obey the space's conditions; a parameter that
 * decides whether others exist answers for that as well.
 */
import { PURPOSE, Stream } from '../random.ts';
import { deactivate } from '../search-space/activity.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromUnit, toUnit } from '../search-space/unit-cube.ts';
import type { Direction } from '../study/direction.ts';
import { BinnedRows, binsOf, MISSING, RegressionTree } from './regression-tree.ts';

export interface Importance {
  readonly name: string;
  /** 0 … 1: of the variance over the space; shares may sum to more than 1, since what two do together counts for both. */
  readonly importance: number;
  /** Between the trees: from the 10th to the 90th percentile. */
  readonly low: number;
  readonly high: number;
}

export type Importances =
  | { readonly known: true; readonly parameters: readonly Importance[]; readonly trials: number }
  /** `too-few`: `needed` must have ended with a value or diverged. `all-equal`: there is nothing to explain. */
  | { readonly known: false; readonly reason: 'too-few' | 'all-equal'; readonly needed: number | null; readonly trials: number };

const NEEDED = 20;
/** Of more trials, evenly many of each age are taken. */
const MOST = 2_000;
const TREES = 32;
const POINTS = 200;
/** Rows in a leaf, at least: so many, and so many of all. */
const LEAF = 3;
const LEAF_SHARE = 1 / 150;
const [LOW, HIGH] = [0.1, 0.9];

/**
 * @param points of trials that ended with a value or diverged, in number order
 * @param values theirs; one that is not finite is the worst
 * @returns the most important first; deterministic
 */
export function importances(
  axes: readonly Axis[],
  points: readonly EncodedParams[],
  values: ArrayLike<number>,
  direction: Direction,
): Importances {
  const trials = points.length;
  if (trials < NEEDED) return { known: false, reason: 'too-few', needed: NEEDED, trials };
  const count = Math.min(trials, MOST);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor((i * trials) / count));
  const ranks = ranksOf(chosen.map((i) => rankable(values[i] ?? NaN, direction)));
  if (ranks.every((rank) => rank === ranks[0])) return { known: false, reason: 'all-equal', needed: null, trials };
  const columns = axes.map((axis) => Float64Array.from(chosen, (i) => featureOf(axis, points[i]?.[axis.index] ?? NaN)));
  const rows = new BinnedRows(
    columns,
    axes.map(({ kind }) => kind === 'categorical'),
    ranks,
  );
  const probes = probesOf(axes, rows);
  const shares = axes.map(() => new Float64Array(TREES));
  for (let tree = 0; tree < TREES; tree++) {
    for (const [axis, share] of sharesOf(grown(rows, tree), probes).entries()) {
      const column = shares[axis];
      if (column !== undefined) column[tree] = share;
    }
  }
  const parameters = axes.map(({ name }, axis) => summary(name, shares[axis] ?? new Float64Array(TREES)));
  return { known: true, parameters: parameters.sort((a, b) => b.importance - a.importance), trials };
}

function rankable(value: number, direction: Direction): number {
  if (Number.isFinite(value)) return value;
  return direction === 'minimize' ? Infinity : -Infinity;
}

/** 0 … 1; equal values share their mean rank. */
function ranksOf(values: readonly number[]): Float64Array {
  const order = [...values.keys()].sort((a, b) => compare(values[a] ?? 0, values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let i = from; i < to; i++) ranks[order[i] ?? 0] = (from + to - 1) / 2 / Math.max(1, order.length - 1);
    from = to;
  }
  return ranks;
}

/** Infinities, too. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function featureOf(axis: Axis, value: number): number {
  if (Number.isNaN(value)) return MISSING;
  return axis.kind === 'categorical' ? value : toUnit(axis, value);
}

function grown(rows: BinnedRows, tree: number): RegressionTree {
  const draws = new Stream(0, { purpose: PURPOSE.analysis, trial: 2, round: tree });
  const { length } = rows.targets;
  const sample = Uint32Array.from({ length }, () => draws.below(length));
  return new RegressionTree(
    rows,
    sample,
    { leaf: Math.max(LEAF, Math.round(length * LEAF_SHARE)), tried: Math.ceil((rows.features * 2) / 3) },
    draws,
  );
}

/** Points of the space, and of each the same with one parameter drawn anew; in the trees' bins. */
interface Probes {
  readonly points: readonly Uint8Array[];
  readonly changed: readonly (readonly Uint8Array[])[];
}

function probesOf(axes: readonly Axis[], rows: BinnedRows): Probes {
  const draws = new Stream(0, { purpose: PURPOSE.analysis, trial: 3 });
  const drawAll = (): Float64Array => Float64Array.from(axes, (axis) => fromUnit(axis, draws.uniform()));
  const binned = (drawn: Float64Array): Uint8Array => {
    const params = Float64Array.from(drawn);
    deactivate(axes, params);
    const bins = new Uint8Array(axes.length);
    binsOf(
      rows,
      Float64Array.from(axes, (axis) => featureOf(axis, params[axis.index] ?? NaN)),
      bins,
    );
    return bins;
  };
  const points: Uint8Array[] = [];
  const changed: Uint8Array[][] = axes.map(() => []);
  for (let i = 0; i < POINTS; i++) {
    const [point, other] = [drawAll(), drawAll()];
    points.push(binned(point));
    for (const [place, { index }] of axes.entries()) {
      const kept = point[index] ?? NaN;
      point[index] = other[index] ?? NaN;
      changed[place]?.push(binned(point));
      point[index] = kept;
    }
  }
  return { points, changed };
}

function sharesOf(tree: RegressionTree, { points, changed }: Probes): readonly number[] {
  const answers = Float64Array.from(points, (point) => tree.predict(point));
  const mean = answers.reduce((sum, x) => sum + x, 0) / answers.length;
  const variance = answers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / answers.length;
  return changed.map((others) => {
    let sum = 0;
    for (const [i, other] of others.entries()) sum += ((answers[i] ?? 0) - tree.predict(other)) ** 2;
    return variance > 0 ? Math.min(1, sum / (2 * others.length) / variance) : 0;
  });
}

function summary(name: string, shares: Float64Array): Importance {
  const sorted = Float64Array.from(shares).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { name, importance: shares.reduce((sum, x) => sum + x, 0) / shares.length, low: at(LOW), high: at(HIGH) };
}
