/** A numeric array into which entries are inserted and from which they are removed, in order. */
import { defined } from '../../at.ts';

const FIRST_CAPACITY = 32;

export class GrowingArray {
  /** Entries 0 … length − 1; replaced when it grows. */
  entries = new Float64Array(FIRST_CAPACITY);
  length = 0;

  get(index: number): number {
    return defined(this.entries[index]);
  }

  insert(index: number, value: number): void {
    if (this.length === this.entries.length) {
      const grown = new Float64Array(2 * this.length);
      grown.set(this.entries);
      this.entries = grown;
    }
    this.entries.copyWithin(index + 1, index, this.length);
    this.entries[index] = value;
    this.length += 1;
  }

  remove(index: number): void {
    this.entries.copyWithin(index, index + 1, this.length);
    this.length -= 1;
  }

  replace(values: ArrayLike<number>): void {
    if (values.length > this.entries.length)
      this.entries = new Float64Array(Math.max(2 * this.entries.length, values.length));
    this.entries.set(values);
    this.length = values.length;
  }
}
