/**
 * Median of the latest 101 numbers, kept sorted: reading is O(1) and adding moves at most 101
 * numbers.
 */

const LENGTH = 101;

export class Median {
  readonly #ring: number[] = [];
  readonly #sorted: number[] = [];
  #next = 0;

  add(x: number): void {
    const oldest = this.#ring[this.#next % LENGTH];
    if (oldest !== undefined) this.#sorted.splice(this.#place(oldest), 1);
    this.#ring[this.#next % LENGTH] = x;
    this.#next += 1;
    this.#sorted.splice(this.#place(x), 0, x);
  }

  /** Number of values added. */
  get count(): number {
    return this.#next;
  }

  /** 0 while there are no values. */
  get value(): number {
    return this.#sorted[this.#sorted.length >> 1] ?? 0;
  }

  /** Index of the first number not below `x`. */
  #place(x: number): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? Infinity) < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
