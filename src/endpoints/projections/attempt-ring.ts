/**
 * The latest attempts, as the timeline draws them: those that run and those that ended, bounded;
 * each client knows up to where it was sent.
 */
import type { AttemptRow } from '../../protocol/window/lab-stream.ts';

const MOST = 5_000;

export class AttemptRing {
  readonly #places = new Map<string, number>();
  /** In the order of their latest change; a place left behind is null. */
  #rows: (AttemptRow | null)[] = [];
  /** How many places were dropped from the front. */
  #dropped = 0;

  /** One past the latest change. */
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

  /** At most `most` rows whose latest change is at `from` or later, and where to go on. */
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
