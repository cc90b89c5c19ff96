/**
 * The latest of a series, a fixed number at most. Readers who come again get what is new to them.
 */
export class HistoryRing<Entry> {
  readonly #entries: Entry[] = [];
  readonly #capacity: number;
  #total = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many there have ever been. */
  get total(): number {
    return this.#total;
  }

  push(entry: Entry): void {
    this.#entries[this.#total % this.#capacity] = entry;
    this.#total++;
  }

  /** What came after the first `seen`, oldest first; of what is no longer kept, nothing. */
  since(seen: number): readonly Entry[] {
    const first = Math.max(seen, this.#total - this.#capacity);
    return Array.from(
      { length: Math.max(0, this.#total - first) },
      (_, i) => this.#entries[(first + i) % this.#capacity] as Entry,
    );
  }
}
