/**
 * Wilcoxon's signed-rank test, one-sided, as scipy computes it with `zero_method="zsplit"`: exact
 * up to 50 differences without ties and zeros, and up to 13 with them; else by the normal
 * approximation.
 */
import { at } from '../at.ts';
import { erf } from '../elementary.ts';

/** Greatest number of differences of an exact test. */
const EXACT = 50;
const EXACT_WITH_TIES = 13;

/**
 * Returns the probability of differences at least as positive as these if their signs were chance.
 */
export function signedRankGreater(differences: readonly number[]): number {
  const count = differences.length;
  const order = [...differences].sort((a, b) => Math.abs(a) - Math.abs(b));
  const ranks: number[] = [];
  let tied = 0;
  let hasTies = false;
  for (let from = 0; from < count;) {
    let to = from + 1;
    while (to < count && Math.abs(at(order, to)) === Math.abs(at(order, from))) to += 1;
    const size = to - from;
    tied += size ** 3 - size;
    hasTies ||= size > 1;
    // Mean of the ranks from + 1 … to.
    for (let i = from; i < to; i++) ranks.push((from + 1 + to) / 2);
    from = to;
  }
  let positive = 0;
  let zeros = 0;
  for (const [i, difference] of order.entries()) {
    if (difference > 0) positive += at(ranks, i);
    else if (difference === 0) zeros += at(ranks, i);
  }
  const hasZeros = zeros > 0;
  if (count <= (hasTies || hasZeros ? EXACT_WITH_TIES : EXACT))
    return exact(
      ranks.filter((_, i) => order[i] !== 0),
      positive,
    );
  const mean = (count * (count + 1)) / 4;
  const variance = (count * (count + 1) * (2 * count + 1) - tied / 2) / 24;
  const z = (positive + zeros / 2 - mean) / Math.sqrt(variance);
  return (1 - erf(z / Math.SQRT2)) / 2;
}

/** Share of the 2ⁿ choices of signs whose positive ranks sum to at least `positive`. */
function exact(ranks: readonly number[], positive: number): number {
  // Ranks are multiples of one half.
  let shares = new Float64Array([1]);
  for (const rank of ranks) {
    const width = Math.round(2 * rank);
    const next = new Float64Array(shares.length + width);
    for (const [sum, share] of shares.entries()) {
      next[sum] = at(next, sum) + share / 2;
      next[sum + width] = at(next, sum + width) + share / 2;
    }
    shares = next;
  }
  let probability = 0;
  for (let sum = Math.round(2 * positive); sum < shares.length; sum++)
    probability += at(shares, sum);
  return probability;
}
