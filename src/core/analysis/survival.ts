/**
 * How long things last, learnt from some that have ended and some that still last: the
 * product-limit estimate (Kaplan & Meier, JASA 53, 1958). Leaving out what still lasts would count
 * short ones too often, most of all early on.
 */

export interface Observed {
  readonly ms: number;
  /** False: it still lasts, so far for so long. */
  readonly ended: boolean;
}

export class Survival {
  /** Rising durations at which some ended, and the share that had ended by then. */
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
    // What has outlasted all that ended: nothing tells for how long; said to be as long again at
    // most, half of it on average.
    if (surviving > 1e-9) add(1.5 * (sorted.at(-1)?.ms ?? 0), surviving);
    this.mean = sum;
    this.variance = Math.max(0, squares - sum * sum);
  }

  /** The duration that a share `u`, 0 ≤ u < 1, of all does not outlast. */
  at(u: number): number {
    return this.#durations[this.#first(this.#shares, u)] ?? this.#durations.at(-1) ?? 0;
  }

  /** Likewise of those that have lasted `elapsed` already: how much longer. */
  rest(elapsed: number, u: number): number {
    const passed = this.#shares[this.#first(this.#durations, elapsed) - 1] ?? 0;
    if (passed > 1 - 1e-9) return elapsed * u;
    return Math.max(0, this.at(passed + u * (1 - passed)) - elapsed);
  }

  /** The first place with more than `x`. */
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
