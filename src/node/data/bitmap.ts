/** Set of chunk numbers below a limit, one bit each; the bytes are its form on disk and wire. */
import { defined } from '../../core/at.ts';

/** A range of chunk numbers, `to` excluded. */
export interface ChunkRange {
  readonly from: number;
  readonly to: number;
}

export class Bitmap {
  /** Number of chunks, set or not. */
  readonly length: number;
  readonly #bytes: Uint8Array;
  #count = 0;

  /**
   * @param bytes as `bytes()` returned them; bits above `length` and bytes that are missing count
   *   as not set
   */
  constructor(length: number, bytes?: Uint8Array) {
    this.length = length;
    this.#bytes = new Uint8Array(Math.ceil(length / 8));
    if (bytes === undefined) return;
    this.#bytes.set(bytes.subarray(0, this.#bytes.length));
    const spare = length % 8;
    const last = this.#bytes.length - 1;
    if (spare > 0) this.#bytes[last] = defined(this.#bytes[last]) & ((1 << spare) - 1);
    for (const byte of this.#bytes) for (let b = byte; b !== 0; b &= b - 1) this.#count += 1;
  }

  /** Number of set bits. */
  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.length;
  }

  has(index: number): boolean {
    return ((this.#bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  add(index: number): void {
    if (index < 0 || index >= this.length)
      throw new RangeError(`no chunk ${index} in ${this.length}`);
    if (this.has(index)) return;
    this.#bytes[index >> 3] = defined(this.#bytes[index >> 3]) | (1 << (index & 7));
    this.#count += 1;
  }

  delete(index: number): void {
    if (!this.has(index)) return;
    this.#bytes[index >> 3] = defined(this.#bytes[index >> 3]) & ~(1 << (index & 7));
    this.#count -= 1;
  }

  /** Returns a copy. */
  bytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Returns the set of the other chunks. */
  inverted(): Bitmap {
    return new Bitmap(
      this.length,
      this.#bytes.map((byte) => ~byte),
    );
  }

  /** Set chunks in ascending order. */
  *[Symbol.iterator](): Generator<number> {
    for (let i = 0; i < this.length; i++) {
      if ((i & 7) === 0 && this.#bytes[i >> 3] === 0) i += 7;
      else if (this.has(i)) yield i;
    }
  }

  /**
   * Set chunks as ranges in ascending order. @param most greatest number of ranges; the rest are
   * part of the last one
   */
  ranges(most: number): ChunkRange[] {
    const found: { from: number; to: number }[] = [];
    for (const index of this) {
      const last = found.at(-1);
      if (last !== undefined && (last.to === index || found.length === most)) last.to = index + 1;
      else found.push({ from: index, to: index + 1 });
    }
    return found;
  }
}
