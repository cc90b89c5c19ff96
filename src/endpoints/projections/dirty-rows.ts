/**
 * Set of rows that changed since a client was last sent them: one bit each, so that its size is
 * bounded.
 */
import { at } from '../../core/at.ts';
const BITS = 32;

export class DirtyRows {
  #words = new Uint32Array(64);
  #count = 0;
  /** No word from this index on contains a bit. */
  #end = 0;

  get count(): number {
    return this.#count;
  }

  mark(row: number): void {
    const word = Math.floor(row / BITS);
    if (word >= this.#words.length) this.#grow(word + 1);
    const bit = 1 << (row % BITS);
    const before = at(this.#words, word);
    if ((before & bit) !== 0) return;
    this.#words[word] = before | bit;
    this.#count += 1;
    this.#end = Math.max(this.#end, word + 1);
  }

  clear(): void {
    this.#words.fill(0, 0, this.#end);
    this.#count = 0;
    this.#end = 0;
  }

  /** Returns up to `most` of them, largest first, and removes them. */
  take(most: number): number[] {
    const rows: number[] = [];
    while (this.#end > 0 && rows.length < most) {
      const last = this.#end - 1;
      let word = at(this.#words, last);
      while (word !== 0 && rows.length < most) {
        const bit = 31 - Math.clz32(word);
        rows.push(last * BITS + bit);
        word = (word & ~(1 << bit)) >>> 0;
      }
      this.#words[last] = word;
      if (word === 0) this.#end -= 1;
    }
    this.#count -= rows.length;
    return rows;
  }

  #grow(words: number): void {
    let length = this.#words.length;
    while (length < words) length *= 2;
    const grown = new Uint32Array(length);
    grown.set(this.#words);
    this.#words = grown;
  }
}
