/** The median of the latest 101 numbers; taking one in is O(1), asking sorts them. */

const LENGTH = 101;

export class Median {
  readonly #ring: number[] = [];
  #next = 0;

  add(x: number): void {
    this.#ring[this.#next % LENGTH] = x;
    this.#next += 1;
  }

  /** 0 while there are none. */
  get value(): number {
    const sorted = [...this.#ring].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }
}
