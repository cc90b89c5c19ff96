/**
 * Random permutation of 0 … size − 1 with O(1) access to any position: a Feistel network of Philox
 * rounds (Luby & Rackoff 1988) on the next power of four, with cycle walking (Black & Rogaway,
 * CT-RSA 2002).
 */
import { keyOf, philox, PURPOSE } from '../random.ts';
import type { Key } from '../random.ts';

const ROUNDS = 8;

export class Permutation {
  readonly #size: number;
  readonly #key: Key;
  /** Number of values of one half of the Feistel block. */
  readonly #half: number;
  readonly #block = new Uint32Array(4);

  /** @param size 1 ≤ size ≤ 2⁵² */
  constructor(seed: number, size: number) {
    this.#size = size;
    this.#key = keyOf(seed);
    this.#half = 2;
    while (this.#half * this.#half < size) this.#half *= 2;
  }

  /** Returns the value at position i, 0 ≤ i < size. */
  at(i: number): number {
    let value = i;
    do value = this.#encrypt(value);
    while (value >= this.#size);
    return value;
  }

  #encrypt(value: number): number {
    let left = Math.floor(value / this.#half);
    let right = value % this.#half;
    for (let round = 0; round < ROUNDS; round++) {
      philox(this.#key, right, round, 0, PURPOSE.grid << 24, this.#block);
      const word = (this.#block[0] ?? 0) & (this.#half - 1);
      [left, right] = [right, (left ^ word) >>> 0];
    }
    return left * this.#half + right;
  }
}
