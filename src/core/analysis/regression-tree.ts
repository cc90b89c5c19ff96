/**
 * A regression tree over binned features, grown by least squares (Breiman et al., CART, 1984). Categories are ordered by their
 * mean at every split, which contains the best of all partitions (Fisher, JASA 53, 1958). A feature that a row does not have is
 * `MISSING`, left of everything.
 */
import type { Stream } from '../random.ts';

/** Below every value and every category. */
export const MISSING = -1;
/** Values of a feature that are told apart. */
const BINS = 32;

/** What trees grow on: rows of features, binned once for all trees. */
export class BinnedRows {
  readonly features: number;
  readonly targets: Float64Array;
  readonly categorical: readonly boolean[];
  /** Bins of each feature's rows. */
  readonly bins: readonly Uint8Array[];
  /** Of each feature: the least value of each bin, rising; of a categorical one its categories. */
  readonly lows: readonly (readonly number[])[];

  /**
   * @param columns features, a value a row each; categories as numbers from 0
   * @param categorical which of them have no order
   */
  constructor(columns: readonly Float64Array[], categorical: readonly boolean[], targets: Float64Array) {
    this.features = columns.length;
    this.targets = targets;
    this.categorical = categorical;
    this.lows = columns.map((column, feature) => lowsOf(column, categorical[feature] ?? false));
    this.bins = columns.map((column, feature) => {
      const lows = this.lows[feature] ?? [];
      return Uint8Array.from(column, (value) => binOf(lows, value));
    });
  }
}

/** Distinct values, or as many of their quantiles as there are bins. */
function lowsOf(column: Float64Array, categorical: boolean): readonly number[] {
  const sorted = Float64Array.from(column).sort();
  const distinct = [...new Set(sorted)];
  if (distinct.length <= BINS || categorical) return distinct.slice(0, 255);
  const lows = new Set<number>();
  for (let i = 0; i < BINS; i++) lows.add(sorted[Math.floor((i * sorted.length) / BINS)] ?? 0);
  return [...lows];
}

/** The last bin that begins at or below the value. */
function binOf(lows: readonly number[], value: number): number {
  let [low, high] = [0, lows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((lows[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** For one split at a time: its bins' rows and the sums of their targets. */
const COUNTS = new Float64Array(256);
const SUMS = new Float64Array(256);

interface Split {
  readonly feature: number;
  /** Which bins go left. */
  readonly left: Uint8Array;
  readonly gain: number;
}

type Node =
  { readonly mean: number } | { readonly feature: number; readonly left: Uint8Array; readonly below: number; readonly above: number };

export interface TreeOptions {
  /** Rows in a leaf, at least. */
  readonly leaf: number;
  /** Features looked at for a split, drawn anew each time. */
  readonly tried: number;
}

export class RegressionTree {
  readonly #rows: BinnedRows;
  readonly #nodes: Node[] = [];

  /** @param sample row numbers, with repetitions as drawn; its order is changed */
  constructor(rows: BinnedRows, sample: Uint32Array, options: TreeOptions, draws: Stream) {
    this.#rows = rows;
    this.#grow(sample, options, draws);
  }

  /** @param bins of each feature, as `binsOf` gives them */
  predict(bins: Uint8Array): number {
    let at = 0;
    for (;;) {
      const node = this.#nodes[at];
      if (node === undefined) return NaN;
      if ('mean' in node) return node.mean;
      at = node.left[bins[node.feature] ?? 0] === 1 ? node.below : node.above;
    }
  }

  /** @returns the node's place */
  #grow(sample: Uint32Array, options: TreeOptions, draws: Stream): number {
    const place = this.#nodes.length;
    this.#nodes.push({ mean: 0 });
    const split = sample.length < 2 * options.leaf ? null : this.#bestSplit(sample, options, draws);
    if (split === null) {
      let sum = 0;
      for (const row of sample) sum += this.#rows.targets[row] ?? 0;
      this.#nodes[place] = { mean: sum / Math.max(1, sample.length) };
      return place;
    }
    const { feature, left } = split;
    const middle = partition(sample, (row) => left[this.#rows.bins[feature]?.[row] ?? 0] === 1);
    const below = this.#grow(sample.subarray(0, middle), options, draws);
    const above = this.#grow(sample.subarray(middle), options, draws);
    this.#nodes[place] = { feature, left, below, above };
    return place;
  }

  #bestSplit(sample: Uint32Array, { leaf, tried }: TreeOptions, draws: Stream): Split | null {
    let best: Split | null = null;
    const features = Array.from({ length: this.#rows.features }, (_, i) => i);
    for (let looked = 0; looked < tried && features.length > 0;) {
      const [feature = 0] = features.splice(draws.below(features.length), 1);
      const split = this.#splitBy(feature, sample, leaf);
      // A feature without two values here is no choice.
      if (split !== 'one value') looked += 1;
      if (split !== 'one value' && split !== null && (best === null || split.gain > best.gain)) best = split;
    }
    return best;
  }

  #splitBy(feature: number, sample: Uint32Array, leaf: number): Split | null | 'one value' {
    const { targets } = this.#rows;
    const bins = this.#rows.bins[feature] ?? new Uint8Array(0);
    const size = this.#rows.lows[feature]?.length ?? 0;
    const [counts, sums] = [COUNTS.fill(0, 0, size), SUMS.fill(0, 0, size)];
    let total = 0;
    for (const row of sample) {
      const bin = bins[row] ?? 0;
      const target = targets[row] ?? 0;
      counts[bin] = (counts[bin] ?? 0) + 1;
      sums[bin] = (sums[bin] ?? 0) + target;
      total += target;
    }
    const order: number[] = [];
    for (let bin = 0; bin < size; bin++) if ((counts[bin] ?? 0) > 0) order.push(bin);
    if (order.length < 2) return 'one value';
    const meanOf = (bin: number): number => (sums[bin] ?? 0) / (counts[bin] ?? 1);
    if (this.#rows.categorical[feature] === true) order.sort((a, b) => meanOf(a) - meanOf(b));
    let [count, sum, gain, cut] = [0, 0, 1e-12, 0];
    for (let i = 0; i + 1 < order.length; i++) {
      const bin = order[i] ?? 0;
      count += counts[bin] ?? 0;
      sum += sums[bin] ?? 0;
      const rest = sample.length - count;
      if (count < leaf || rest < leaf) continue;
      const gained = (sum * sum) / count + ((total - sum) * (total - sum)) / rest - (total * total) / sample.length;
      if (gained <= gain) continue;
      gain = gained;
      cut = i + 1;
    }
    if (cut === 0) return null;
    return { feature, left: this.#leftOf(feature, order, cut), gain };
  }

  /** Bins that nobody here has go where their neighbours go; categories that nobody here has, right. */
  #leftOf(feature: number, order: readonly number[], cut: number): Uint8Array {
    const left = new Uint8Array(this.#rows.lows[feature]?.length ?? 0);
    if (this.#rows.categorical[feature] === true) {
      for (const bin of order.slice(0, cut)) left[bin] = 1;
      return left;
    }
    // Halfway between the last on the left and the first on the right.
    const edge = ((order[cut - 1] ?? 0) + (order[cut] ?? 0)) / 2;
    for (let bin = 0; bin <= edge; bin++) left[bin] = 1;
    return left;
  }
}

/** Those for which it holds first. @returns how many they are */
function partition(rows: Uint32Array, holds: (row: number) => boolean): number {
  let middle = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if (!holds(row)) continue;
    rows[i] = rows[middle] ?? 0;
    rows[middle] = row;
    middle += 1;
  }
  return middle;
}

/** A row of features in the bins that the trees were grown with, into `out`. */
export function binsOf({ lows }: BinnedRows, row: Float64Array, out: Uint8Array): void {
  for (const [feature, values] of lows.entries()) out[feature] = binOf(values, row[feature] ?? MISSING);
}
