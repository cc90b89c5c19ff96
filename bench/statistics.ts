/**
 * Statistics for benchmarks. Samples are small: the deviation is the sample's, over n − 1, and
 * intervals are exact, not asymptotic.
 */

/** NaN for an empty list. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample deviation, over n − 1; NaN for fewer than two values. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const centre = mean(values);
  return Math.sqrt(
    values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1),
  );
}

/**
 * The middle value, or the mean of the two middle values; values may be infinite. NaN for an empty
 * list.
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN;
  return lower === upper ? upper : (lower + upper) / 2;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface PairedDifference {
  readonly mean: number;
  /** Student's interval, 95 %, for differences without outliers. NaN for fewer than two pairs. */
  readonly meanWithin: Interval;
  readonly median: number;
  /** The sign test's interval, at least 95 % for any distribution. NaN for fewer than six pairs. */
  readonly medianWithin: Interval;
  /** Number of pairs in which the first value was greater. */
  readonly wins: number;
  readonly pairs: number;
}

/** `first[i] − second[i]`, for values paired by what they share (a seed, a task). */
export function pairedDifference(
  first: readonly number[],
  second: readonly number[],
): PairedDifference {
  if (first.length !== second.length)
    throw new RangeError(`${first.length} values paired with ${second.length}`);
  const differences = first.map((value, i) => value - (second[i] ?? NaN));
  const centre = mean(differences);
  const n = differences.length;
  const half = n < 2 ? NaN : (studentQuantile(n - 1) * deviation(differences)) / Math.sqrt(n);
  return {
    mean: centre,
    meanWithin: { low: centre - half, high: centre + half },
    median: median(differences),
    medianWithin: medianInterval(differences),
    wins: differences.filter((d) => d > 0).length,
    pairs: n,
  };
}

/**
 * The narrowest pair of order statistics, alike from both ends, that holds the median with at least
 * 95 %.
 */
function medianInterval(values: readonly number[]): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  // P(fewer than k of n below the median), for k = 1, 2, …: the tail on each side.
  let term = 0.5 ** sorted.length;
  let tail = term;
  let attemptNumber = 0;
  while (tail <= 0.025) {
    attemptNumber += 1;
    term *= (sorted.length - attemptNumber + 1) / attemptNumber;
    tail += term;
  }
  return attemptNumber === 0
    ? { low: NaN, high: NaN }
    : { low: sorted[attemptNumber - 1] ?? NaN, high: sorted.at(-attemptNumber) ?? NaN };
}

/**
 * The t with `probability` of Student's distribution between −t and t.
 * @param degrees of freedom, an integer ≥ 1
 */
export function studentQuantile(degrees: number, probability = 0.95): number {
  let low = 0;
  let high = 1;
  while (studentBetween(high, degrees) < probability) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (studentBetween(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The probability between −t and t, t ≥ 0: a finite series for whole degrees (Abramowitz and
 * Stegun, 26.7.3 and 26.7.4).
 */
function studentBetween(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let attemptNumber = isOdd ? 3 : 2; attemptNumber < degrees; attemptNumber += 2) {
    term *= (cosine * cosine * (attemptNumber - 1)) / attemptNumber;
    sum += term;
  }
  const series = Math.sin(angle) * sum;
  return isOdd ? (2 / Math.PI) * (angle + series) : series;
}
