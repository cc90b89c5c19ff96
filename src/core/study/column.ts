/**
 * A typed column with one row for each trial, grown by chunks of 65,536 rows so that nothing large
 * is ever copied; the first chunk starts small and doubles.
 */

const CHUNK_BITS = 16;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const FIRST_ROWS = 256;

type NumberArray = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;

export class Column<T extends NumberArray> {
  readonly #make: (length: number) => T;
  /** Numbers per row. */
  readonly #width: number;
  readonly #chunks: T[] = [];

  constructor(make: (length: number) => T, width = 1) {
    this.#make = make;
    this.#width = width;
  }

  get(row: number, at = 0): number {
    return this.#chunks[row >>> CHUNK_BITS]?.[(row & (CHUNK_ROWS - 1)) * this.#width + at] ?? 0;
  }

  set(row: number, value: number, at = 0): void {
    this.#chunk(row)[(row & (CHUNK_ROWS - 1)) * this.#width + at] = value;
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

  setRow(row: number, values: T): void {
    this.#chunk(row).set(values, (row & (CHUNK_ROWS - 1)) * this.#width);
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
    if (chunk !== undefined) grown.set(chunk);
    this.#chunks[index] = grown;
    return grown;
  }
}
