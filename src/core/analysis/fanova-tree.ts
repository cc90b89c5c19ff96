/**
 * Regression tree over a search space, and the main effects of its prediction: the share of the
 * variance that each parameter explains alone, by functional ANOVA (Hutter, Hoos & Leyton-Brown,
 * ICML 2014). The tree is CART with least squares (Breiman et al., 1984), grown until each leaf
 * holds equal values, without random feature selection, as in Optuna's fANOVA evaluator.
 */
import { defined } from '../at.ts';
import type { Stream } from '../random.ts';

/** A parameter as a feature: a numeric range, or choices numbered from 0. */
export type Feature =
  | { readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly kind: 'choice'; readonly choices: number };

/** Training rows of the trees, sorted once for all trees. */
export class FanovaRows {
  readonly features: readonly Feature[];
  /** One column per feature, one value per row. */
  readonly columns: readonly Float64Array[];
  readonly targets: Float64Array;
  /** Row numbers per feature, by ascending value. */
  readonly sorted: readonly Uint32Array[];
  /** Scratch space of the current split: 1 for rows on its left side. */
  readonly isLeft: Uint8Array;

  constructor(
    features: readonly Feature[],
    columns: readonly Float64Array[],
    targets: Float64Array,
  ) {
    this.features = features;
    this.columns = columns;
    this.targets = targets;
    this.isLeft = new Uint8Array(targets.length);
    this.sorted = columns.map((column) =>
      Uint32Array.from(column.keys()).sort((a, b) => defined(column[a]) - defined(column[b])),
    );
  }
}

interface Split {
  readonly feature: number;
  /** Largest number on the left side, or the single choice there. */
  readonly threshold: number;
}

/** Part of the space in one feature: the two ends of a range, or for choices 1 (included) or 0. */
type Box = readonly Float64Array[];

interface Node {
  /** Row numbers per feature, by ascending value. */
  readonly sorted: readonly Uint32Array[];
  readonly box: Box;
}

interface Leaf {
  readonly value: number;
  /** Share of the space in each feature; the product is the leaf's share of the whole space. */
  readonly fractions: Float64Array;
  readonly box: Box;
}

/**
 * Grows a tree on a bootstrap sample. Returns the share (0 … 1) of the variance of the tree's
 * prediction over the whole space that each feature explains alone, or null where the prediction is
 * constant. Without interactions the shares add up to 1.
 * @param weights how often the sample contains each row
 */
export function mainEffects(
  rows: FanovaRows,
  weights: Uint32Array,
  draws: Stream,
): Float64Array | null {
  const leaves = leavesOf(rows, weights, draws);
  let [mean, variance] = [0, 0];
  const volumes = leaves.map(({ fractions }) => fractions.reduce((product, x) => product * x, 1));
  for (const [i, { value }] of leaves.entries()) mean += value * defined(volumes[i]);
  for (const [i, { value }] of leaves.entries())
    variance += (value - mean) ** 2 * defined(volumes[i]);
  if (!(variance > 0)) return null;
  return Float64Array.from(rows.features, (feature, j) => {
    const effects = feature.kind === 'range' ? rangeEffects : choiceEffects;
    const shares = leaves.map(
      (leaf, i) => ((leaf.value - mean) * defined(volumes[i])) / defined(leaf.fractions[j]),
    );
    return Math.min(1, effects(leaves, shares, j, feature) / variance);
  });
}

/**
 * Variance of the mean prediction along a range.
 * @param shares contribution of each leaf to the mean within the leaf's range
 */
function rangeEffects(
  leaves: readonly Leaf[],
  shares: readonly number[],
  j: number,
  feature: Feature,
): number {
  if (feature.kind !== 'range' || feature.low === feature.high) return 0;
  // The mean prediction is constant between two neighbouring thresholds, so only they are edges.
  const edges = Float64Array.from(new Set(leaves.map(({ box }) => defined(box[j]?.[0])))).sort();
  const effects = new Float64Array(edges.length + 1);
  for (const [i, { box }] of leaves.entries()) {
    const share = defined(shares[i]);
    const [from, to] = [placeOf(edges, defined(box[j]?.[0])), placeOf(edges, defined(box[j]?.[1]))];
    effects[from] = defined(effects[from]) + share;
    effects[to] = defined(effects[to]) - share;
  }
  let [sum, effect] = [0, 0];
  for (const [i, from] of edges.entries()) {
    effect += defined(effects[i]);
    sum += ((edges[i + 1] ?? feature.high) - from) * effect * effect;
  }
  return sum / (feature.high - feature.low);
}

/** Number of sorted values that are less than `value`. */
function placeOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (defined(sorted[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Variance of the mean prediction over the choices. */
function choiceEffects(
  leaves: readonly Leaf[],
  shares: readonly number[],
  j: number,
  feature: Feature,
): number {
  if (feature.kind !== 'choice') return 0;
  const effects = new Float64Array(feature.choices);
  for (const [i, { box }] of leaves.entries()) {
    for (let choice = 0; choice < feature.choices; choice++) {
      if (box[j]?.[choice] === 1) effects[choice] = defined(effects[choice]) + defined(shares[i]);
    }
  }
  return effects.reduce((sum, effect) => sum + effect * effect, 0) / feature.choices;
}

function leavesOf(rows: FanovaRows, weights: Uint32Array, draws: Stream): readonly Leaf[] {
  const box = rows.features.map((feature) =>
    feature.kind === 'range'
      ? Float64Array.of(feature.low, feature.high)
      : new Float64Array(feature.choices).fill(1),
  );
  const drawn = rows.sorted.map((sorted) => sorted.filter((row) => defined(weights[row]) > 0));
  const open: Node[] = [{ sorted: drawn, box }];
  const leaves: Leaf[] = [];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const split = bestSplit(rows, weights, node.sorted, draws);
    if (split === null) leaves.push(leafOf(rows, weights, node));
    else open.push(...parted(rows, node, split));
  }
  return leaves;
}

function leafOf(rows: FanovaRows, weights: Uint32Array, { sorted, box }: Node): Leaf {
  let [sum, count] = [0, 0];
  for (const row of sorted[0] ?? []) {
    sum += defined(rows.targets[row]) * defined(weights[row]);
    count += defined(weights[row]);
  }
  const fractions = Float64Array.from(rows.features, (feature, j) => {
    const side = box[j];
    if (feature.kind === 'choice')
      return defined(side?.reduce((left, one) => left + one, 0)) / feature.choices;
    return feature.low === feature.high
      ? 1
      : (defined(side?.[1]) - defined(side?.[0])) / (feature.high - feature.low);
  });
  return { value: sum / count, fractions, box };
}

/**
 * Returns the split with the smallest sum of squared errors. Features are tried in random order, so
 * that ties are broken at random.
 */
function bestSplit(
  rows: FanovaRows,
  weights: Uint32Array,
  sorted: readonly Uint32Array[],
  draws: Stream,
): Split | null {
  const all = sorted[0] ?? new Uint32Array(0);
  let [count, sum, least, most] = [0, 0, Infinity, -Infinity];
  for (const row of all) {
    const target = defined(rows.targets[row]);
    count += defined(weights[row]);
    sum += target * defined(weights[row]);
    least = Math.min(least, target);
    most = Math.max(most, target);
  }
  if (!(most > least)) return null;
  let best: (Split & { readonly gain: number }) | null = null;
  const untried = Array.from(rows.features.keys());
  while (untried.length > 0) {
    const [feature = 0] = untried.splice(draws.below(untried.length), 1);
    const find = rows.features[feature]?.kind === 'range' ? rangeSplit : choiceSplit;
    const found = find(rows, weights, sorted[feature] ?? all, feature, {
      count,
      mean: sum / count,
    });
    if (found !== null && (best === null || found.gain > best.gain)) best = { feature, ...found };
  }
  return best;
}

interface Found {
  readonly threshold: number;
  readonly gain: number;
}

interface Whole {
  readonly count: number;
  readonly mean: number;
}

function rangeSplit(
  { columns, targets }: FanovaRows,
  weights: Uint32Array,
  order: Uint32Array,
  feature: number,
  { count, mean }: Whole,
): Found | null {
  const column = columns[feature] ?? new Float64Array(0);
  let [left, sum, gain, threshold] = [0, 0, -1, NaN];
  let before = defined(column[defined(order[0])]);
  for (const row of order) {
    const value = defined(column[row]);
    if (value > before) {
      // The sums are of differences from the mean, so the right side's sum is the left side's,
      // negated.
      const gained = (sum * sum * count) / (left * (count - left));
      if (gained > gain) [gain, threshold] = [gained, between(before, value)];
      before = value;
    }
    left += defined(weights[row]);
    sum += (defined(targets[row]) - mean) * defined(weights[row]);
  }
  return gain < 0 ? null : { threshold, gain };
}

/** Midpoint, but below `high` where rounding leaves no number in between. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}

/** Best split of one choice against the rest. */
function choiceSplit(
  { columns, targets }: FanovaRows,
  weights: Uint32Array,
  order: Uint32Array,
  feature: number,
  { count, mean }: Whole,
): Found | null {
  const column = columns[feature] ?? new Float64Array(0);
  const [counts, sums] = [new Map<number, number>(), new Map<number, number>()];
  for (const row of order) {
    const [choice, weight] = [defined(column[row]), defined(weights[row])];
    counts.set(choice, (counts.get(choice) ?? 0) + weight);
    sums.set(choice, (sums.get(choice) ?? 0) + (defined(targets[row]) - mean) * weight);
  }
  if (counts.size < 2) return null;
  let [gain, threshold] = [-1, NaN];
  for (const [choice, own] of counts) {
    const gained = (defined(sums.get(choice)) ** 2 * count) / (own * (count - own));
    if (gained > gain) [gain, threshold] = [gained, choice];
  }
  return { threshold, gain };
}

function parted(
  { features, columns, isLeft }: FanovaRows,
  { sorted, box }: Node,
  { feature, threshold }: Split,
): readonly [Node, Node] {
  const column = columns[feature] ?? new Float64Array(0);
  const ranged = features[feature]?.kind === 'range';
  const all = sorted[0] ?? new Uint32Array(0);
  let size = 0;
  for (const row of all) {
    const left = ranged ? defined(column[row]) <= threshold : column[row] === threshold;
    isLeft[row] = left ? 1 : 0;
    if (left) size += 1;
  }
  const [below, above] = [
    sorted.map(() => new Uint32Array(size)),
    sorted.map(() => new Uint32Array(all.length - size)),
  ];
  for (const [j, rows] of sorted.entries()) {
    let [toLeft, toRight] = [0, 0];
    const [left, right] = [below[j] ?? all, above[j] ?? all];
    for (const row of rows) {
      if (isLeft[row] === 1) left[toLeft++] = row;
      else right[toRight++] = row;
    }
  }
  const boxOf = (half: boolean): Box =>
    box.map((side, j) => (j === feature ? cut(side, threshold, ranged, half) : side));
  return [
    { sorted: below, box: boxOf(true) },
    { sorted: above, box: boxOf(false) },
  ];
}

function cut(
  side: Float64Array,
  threshold: number,
  ranged: boolean,
  isLeft: boolean,
): Float64Array {
  if (!ranged)
    return side.map((remains, choice) => ((choice === threshold) === isLeft ? remains : 0));
  return isLeft
    ? Float64Array.of(defined(side[0]), threshold)
    : Float64Array.of(threshold, defined(side[1]));
}
