/**
 * Product-limit estimate of durations (Kaplan & Meier, JASA 53, 1958) from finished and unfinished
 * observations. Excluding the unfinished ones would bias durations downwards, most of all early in
 * a study.
 */

export interface Observed {
  readonly ms: number;
  /** False for a censored observation: still running, for `ms` so far. */
  readonly ended: boolean;
}

export class Survival {
  /** Ascending durations of finished observations, and the share that had ended by then. */
  readonly #durations: number[] = [];
  readonly #shares: number[] = [];
  readonly mean: number;
  readonly variance: number;

  /** @param observed at least one has ended */
  constructor(observed: readonly Observed[]) {
    const sorted = [...observed].sort((a, b) => a.ms - b.ms || Number(b.ended) - Number(a.ended));
    let surviving = 1;
    let [sum, squares] = [0, 0];
    const add = (ms: number, share: number): void => {
      this.#durations.push(ms);
      this.#shares.push(1 - surviving + share);
      surviving -= share;
      sum += share * ms;
      squares += share * ms * ms;
    };
    for (const [i, { ms, ended }] of sorted.entries()) {
      if (ended) add(ms, surviving / (sorted.length - i));
    }
    // The remaining share outlasted all finished observations. Assume that it lasts at most twice
    // as long as the longest observation, on average 1.5 times.
    if (surviving > 1e-9) add(1.5 * (sorted.at(-1)?.ms ?? 0), surviving);
    this.mean = sum;
    this.variance = Math.max(0, squares - sum * sum);
  }

  /** Quantile: the duration that a share `u` (0 ≤ u < 1) does not exceed. */
  at(u: number): number {
    return this.#durations[this.#first(this.#shares, u)] ?? this.#durations.at(-1) ?? 0;
  }

  /** Quantile of the remaining duration of observations that have lasted `elapsed`. */
  rest(elapsed: number, u: number): number {
    const passed = this.#shares[this.#first(this.#durations, elapsed) - 1] ?? 0;
    if (passed > 1 - 1e-9) return elapsed * u;
    return Math.max(0, this.at(passed + u * (1 - passed)) - elapsed);
  }

  /** Index of the first entry greater than `x`. */
  #first(rising: readonly number[], x: number): number {
    let [low, high] = [0, rising.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rising[middle] ?? Infinity) > x) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
