/**
 * Parameter importances: the share of the variance of the value that each parameter explains alone
 * (main effects of functional ANOVA; Hutter, Hoos & Leyton-Brown, ICML 2014), over the whole search
 * space and within the good region.
 *
 * The whole space is computed as in Optuna's FanovaImportanceEvaluator: 64 trees on bootstrap
 * samples of the finite values; all ranges, logarithmic ones included, have uniform weight. For the
 * good region, every value worse than the median, diverged trials included, is replaced by the
 * median, so that only differences within the better half remain.
 *
 * A conditional parameter is evaluated on the trials that have it, together with the parameters
 * that all of these trials have.
 */
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { Direction } from '../study/direction.ts';
import { FanovaRows, mainEffects } from './fanova-tree.ts';
import type { Feature } from './fanova-tree.ts';

/**
 * Mean over the trees with the interval from the 10th to the 90th percentile, which is extended to
 * the mean where a few trees lie far from the others; each 0 … 1.
 */
export interface Share {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

export interface Importance {
  readonly name: string;
  /** Null if too few trials have the parameter or all their values are equal. */
  readonly whole: Share | null;
  readonly good: Share | null;
  /** Number of trials that have the parameter. */
  readonly trials: number;
}

export type Importances =
  | {
      readonly known: true;
      /** By descending importance over the whole space. */
      readonly parameters: readonly Importance[];
      /**
       * Variance explained only by interactions of the parameters that all trials have; null as in
       * `Importance`.
       */
      readonly together: { readonly whole: Share | null; readonly good: Share | null };
      /**
       * Median value; worse values lie outside the good region. Null if more than half of the
       * trials diverged.
       */
      readonly median: number | null;
      readonly trials: number;
    }
  /**
   * `too-few`: at least `needed` trials must have ended with a value or diverged. `all-equal`:
   * there is no variance to explain.
   */
  | {
      readonly known: false;
      readonly reason: 'too-few' | 'all-equal';
      readonly needed: number | null;
      readonly trials: number;
    };

const NEEDED = 20;
/** Maximum number of trials used; a larger history is thinned out evenly over its age. */
const MOST = 2_000;
const TREES = 64;
const [LOW, HIGH] = [0.1, 0.9];

/**
 * Computes the importances. Deterministic.
 * @param points points of the trials that ended with a value or diverged, by trial number
 * @param values values of these trials; a value that is not finite means diverged
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
  const rows = chosen.map((i) => ({
    point: points[i] ?? new Float64Array(0),
    value: values[i] ?? NaN,
  }));
  const median = medianValue(rows, direction);
  const worse = direction === 'minimize' ? Math.max : Math.min;
  const clipped = rows.map(({ point, value }) => ({
    point,
    value: Number.isFinite(value) && worse(value, median) !== value ? value : median,
  }));
  const whole = sharesOf(
    axes,
    rows.filter(({ value }) => Number.isFinite(value)),
  );
  const good = Number.isFinite(median) ? sharesOf(axes, clipped) : null;
  if (whole === null) return { known: false, reason: 'all-equal', needed: null, trials };
  const having = (index: number): number =>
    points.reduce((sum, point) => sum + (Number.isNaN(point[index] ?? NaN) ? 0 : 1), 0);
  const parameters = axes.map(({ name, index }, place) => ({
    name,
    whole: whole.parameters[place] ?? null,
    good: good?.parameters[place] ?? null,
    trials: having(index),
  }));
  parameters.sort((a, b) => (b.whole?.share ?? -1) - (a.whole?.share ?? -1));
  return {
    known: true,
    parameters,
    together: { whole: whole.together, good: good?.together ?? null },
    median: Number.isFinite(median) ? median : null,
    trials,
  };
}

interface Row {
  readonly point: EncodedParams;
  readonly value: number;
}

/** Median, the better one of two middle values; values that are not finite count as the worst. */
function medianValue(rows: readonly Row[], direction: Direction): number {
  const worst = direction === 'minimize' ? Infinity : -Infinity;
  const sorted = Float64Array.from(rows, ({ value }) =>
    Number.isFinite(value) ? value : worst,
  ).sort();
  return sorted[direction === 'minimize' ? (sorted.length - 1) >> 1 : sorted.length >> 1] ?? NaN;
}

/**
 * @returns null if all values are equal, over all trials or over those that have one of the
 *   parameters
 */
function sharesOf(
  axes: readonly Axis[],
  rows: readonly Row[],
): { readonly parameters: readonly (Share | null)[]; readonly together: Share | null } | null {
  const forests = new Map<string, Forest | null>();
  const forestFor = (having: readonly Row[]): Forest | null => {
    const beside = axes.filter(({ index }) =>
      having.every(({ point }) => !Number.isNaN(point[index] ?? NaN)),
    );
    const key = having.length === rows.length ? 'all' : beside.map(({ index }) => index).join();
    const held = forests.get(key);
    if (held !== undefined) return held;
    const grown = having.length < NEEDED || beside.length === 0 ? null : forest(beside, having);
    forests.set(key, grown);
    return grown;
  };
  const ofAll = forestFor(rows);
  const parameters = axes.map((axis) => {
    const having = rows.filter(({ point }) => !Number.isNaN(point[axis.index] ?? NaN));
    return (
      (having.length === rows.length ? ofAll : forestFor(having))?.shares.get(axis.index) ?? null
    );
  });
  if (parameters.every((share) => share === null)) return null;
  return { parameters, together: ofAll?.together ?? null };
}

interface Forest {
  /** Shares by index of the parameter. */
  readonly shares: ReadonlyMap<number, Share>;
  readonly together: Share;
}

function forest(axes: readonly Axis[], rows: readonly Row[]): Forest | null {
  const columns = axes.map(({ index, low, high }) =>
    Float64Array.from(rows, ({ point }) => Math.max(low, Math.min(high, point[index] ?? NaN))),
  );
  const grownOn = new FanovaRows(
    axes.map(featureOf),
    columns,
    Float64Array.from(rows, ({ value }) => value),
  );
  const trees: Float64Array[] = [];
  for (let tree = 0; tree < TREES; tree++) {
    const draws = new Stream(0, { purpose: PURPOSE.analysis, trial: 2, round: tree });
    const weights = new Uint32Array(rows.length);
    const sample = Uint32Array.from(rows, () => draws.below(rows.length));
    for (const row of sample) weights[row] = (weights[row] ?? 0) + 1;
    const effects = mainEffects(grownOn, weights, draws);
    if (effects !== null) trees.push(effects);
  }
  if (trees.length === 0) return null;
  const shares = new Map(
    axes.map(({ index }, place) => [index, summary(trees.map((effects) => effects[place] ?? 0))]),
  );
  return {
    shares,
    together: summary(
      trees.map((effects) => Math.max(0, 1 - effects.reduce((sum, x) => sum + x, 0))),
    ),
  };
}

function featureOf({ kind, low, high, cells }: Axis): Feature {
  return kind === 'categorical' ? { kind: 'choice', choices: cells } : { kind: 'range', low, high };
}

function summary(shares: readonly number[]): Share {
  const sorted = Float64Array.from(shares).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const share = shares.reduce((sum, x) => sum + x, 0) / shares.length;
  return { share, low: Math.min(share, at(LOW)), high: Math.max(share, at(HIGH)) };
}
