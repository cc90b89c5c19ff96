/** The median of the latest 101 numbers, as of every eighth; O(1) to take one in, but for that. */

const LENGTH = 101;
const EVERY = 8;

export class Median {
  readonly #ring: number[] = [];
  /** Numbers taken in so far. */
  count = 0;
  /** 0 while there are none. */
  value = 0;

  add(x: number): void {
    this.#ring[this.count % LENGTH] = x;
    if (this.count % EVERY === 0) {
      const sorted = [...this.#ring].sort((a, b) => a - b);
      this.value = sorted[sorted.length >> 1] ?? 0;
    }
    this.count += 1;
  }
}
