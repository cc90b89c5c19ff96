/**
 * A typed column with one row for each trial, grown by chunks of 65,536 rows so that nothing large
 * is ever copied; the first chunk starts small and doubles.
 */
import { defined } from '../at.ts';

const CHUNK_BITS = 16;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const FIRST_ROWS = 256;

type NumberArray = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;

export class Column<T extends NumberArray> {
  readonly #make: (length: number) => T;
  /** Numbers per row. */
  readonly #width: number;
  readonly #empty: number;
  readonly #chunks: T[] = [];

  /** @param empty the numbers of a row that was never set */
  constructor(make: (length: number) => T, width = 1, empty = 0) {
    this.#make = make;
    this.#width = width;
    this.#empty = empty;
  }

  get(row: number, place = 0): number {
    return (
      this.#chunks[row >>> CHUNK_BITS]?.[(row & (CHUNK_ROWS - 1)) * this.#width + place] ??
      this.#empty
    );
  }

  set(row: number, value: number, place = 0): void {
    this.#chunk(row)[(row & (CHUNK_ROWS - 1)) * this.#width + place] = value;
  }

  /**
   * Returns a view of a row's numbers, which later writes to the row change; empty if the row was
   * never set.
   */
  row(row: number): T {
    const start = (row & (CHUNK_ROWS - 1)) * this.#width;
    return (this.#chunks[row >>> CHUNK_BITS] ?? this.#make(0)).subarray(
      start,
      start + this.#width,
    ) as T;
  }

  setRow(row: number, values: ArrayLike<number>): void {
    this.#chunk(row).set(values, (row & (CHUNK_ROWS - 1)) * this.#width);
  }

  /** Copies rows into consecutive rows of `into`, and leaves those that were never set. */
  gather(rows: readonly number[], into: T): void {
    const width = this.#width;
    let index = -1;
    let chunk: T | undefined;
    for (let i = 0; i < rows.length; i++) {
      const row = defined(rows[i]);
      if (row >>> CHUNK_BITS !== index) {
        index = row >>> CHUNK_BITS;
        chunk = this.#chunks[index];
      }
      const from = (row & (CHUNK_ROWS - 1)) * width;
      if (chunk === undefined || from >= chunk.length) continue;
      if (width === 1) into[i] = defined(chunk[from]);
      else into.set(chunk.subarray(from, from + width), i * width);
    }
  }

  /** Sets the row `rows[i]` to row i of `from`, for each i of `which`. */
  scatter(rows: Uint32Array, which: readonly number[], from: T): void {
    const width = this.#width;
    for (const i of which) {
      const row = defined(rows[i]);
      const chunk = this.#chunk(row);
      const to = (row & (CHUNK_ROWS - 1)) * width;
      if (width === 1) chunk[to] = defined(from[i]);
      else chunk.set(from.subarray(i * width, (i + 1) * width), to);
    }
  }

  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  #chunk(row: number): T {
    const index = row >>> CHUNK_BITS;
    const rows = (row & (CHUNK_ROWS - 1)) + 1;
    const chunk = this.#chunks[index];
    if (chunk !== undefined && chunk.length >= rows * this.#width) return chunk;
    let capacity = index === 0 ? FIRST_ROWS : CHUNK_ROWS;
    while (capacity < rows) capacity *= 2;
    const grown = this.#make(capacity * this.#width);
    if (this.#empty !== 0) grown.fill(this.#empty);
    if (chunk !== undefined) grown.set(chunk);
    this.#chunks[index] = grown;
    return grown;
  }
}
