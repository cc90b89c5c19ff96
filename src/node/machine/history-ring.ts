/**
 * Ring buffer of the latest entries of a series. Readers that return get the entries they have not
 * seen.
 */
export class HistoryRing<Entry> {
  readonly #entries: Entry[] = [];
  readonly #capacity: number;
  #total = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Number of entries ever added. */
  get total(): number {
    return this.#total;
  }

  /** The newest entry. */
  get last(): Entry | undefined {
    return this.#entries[(this.#total - 1) % this.#capacity];
  }

  push(entry: Entry): void {
    this.#entries[this.#total % this.#capacity] = entry;
    this.#total++;
  }

  /**
   * Returns the entries after the first `seen`, oldest first, without those already overwritten.
   */
  since(seen: number): readonly Entry[] {
    const first = Math.max(seen, this.#total - this.#capacity);
    return Array.from(
      { length: Math.max(0, this.#total - first) },
      (_, i) => this.#entries[(first + i) % this.#capacity] as Entry,
    );
  }
}
