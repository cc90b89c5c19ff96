/**
 * The latest attempts for the timeline: running and ended ones, bounded. Each client remembers the
 * position up to which it was sent.
 */
import type { AttemptRow } from '../../protocol/window/lab-stream.ts';

const MOST = 5_000;

export class AttemptRing {
  readonly #places = new Map<string, number>();
  /** Rows in order of their latest change; null where a row has moved. */
  #rows: (AttemptRow | null)[] = [];
  /** Number of positions dropped from the front. */
  #dropped = 0;

  /** One past the position of the latest change. */
  get end(): number {
    return this.#dropped + this.#rows.length;
  }

  get(id: string): AttemptRow | null {
    return this.#rows[(this.#places.get(id) ?? -1) - this.#dropped] ?? null;
  }

  put(row: AttemptRow): void {
    const before = this.#places.get(row.id);
    if (before !== undefined) this.#rows[before - this.#dropped] = null;
    this.#places.delete(row.id);
    this.#places.set(row.id, this.end);
    this.#rows.push(row);
    if (this.#places.size > MOST) this.#drop();
    if (this.#rows.length > 3 * MOST) this.#compact();
  }

  /**
   * Returns at most `most` rows whose latest change is at `from` or later, and the position to
   * continue from.
   */
  since(from: number, most: number): { readonly rows: AttemptRow[]; readonly next: number } {
    const rows: AttemptRow[] = [];
    let next = Math.max(from, this.#dropped);
    for (; next < this.end && rows.length < most; next++) {
      const row = this.#rows[next - this.#dropped];
      if (row !== null && row !== undefined) rows.push(row);
    }
    return { rows, next };
  }

  #drop(): void {
    for (const [id, place] of this.#places) {
      this.#rows[place - this.#dropped] = null;
      this.#places.delete(id);
      return;
    }
  }

  #compact(): void {
    const first = this.#rows.findIndex((row) => row !== null);
    this.#dropped += first;
    this.#rows = this.#rows.slice(first);
  }
}
