/**
 * Set of proposed points: trial numbers in an open-addressed table (Knuth, TAOCP 6.4, linear
 * probing), 64-bit hashes in a column; ≤ 16 bytes a trial. Compares exactly where a trial's
 * parameters are in memory; elsewhere 64 equal bits count as equal (probability 1 in 10¹³ for a
 * proposal with a million trials).
 */
import { defined } from '../at.ts';
import { hashKey, sameKey } from '../search-space/duplicate-key.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { Column } from './column.ts';

/** Table slots per trial are between 1 / FULLEST and GROWTH / FULLEST. */
const FULLEST = 0.75;
const GROWTH = 1.5;

/** Hashes of a point: two words of 32 bits. */
export interface PointHashes {
  readonly first: number;
  readonly second: number;
}

export class DuplicateSet {
  readonly #axes: readonly Axis[];
  readonly #paramsOf: (number: number) => EncodedParams | null;
  readonly #first = new Column((length) => new Uint32Array(length));
  /** Null if every trial's parameters are in memory. */
  readonly #second: Column<Uint32Array> | null;
  readonly #hash = { first: 0, second: 0 };
  /** A trial's number + 1; 0: free. */
  #table = new Uint32Array(64);
  #count = 0;

  /** @param exact whether `paramsOf` always knows the parameters */
  constructor(
    axes: readonly Axis[],
    paramsOf: (number: number) => EncodedParams | null,
    exact: boolean,
  ) {
    this.#axes = axes;
    this.#paramsOf = paramsOf;
    this.#second = exact ? null : new Column((length) => new Uint32Array(length));
  }

  /** Numbers must ascend; of equal points the first is kept. */
  add(number: number, params: EncodedParams): void {
    if (this.find(params) !== null) return;
    this.#first.set(number, this.#hash.first);
    this.#second?.set(number, this.#hash.second);
    this.#enter(number);
  }

  /** The smallest number with this point, or null. */
  find(params: EncodedParams): number | null {
    const { first, second } = hashKey(this.#axes, params, this.#hash);
    for (let slot = this.#slot(first); ; slot = slot + 1 === this.#table.length ? 0 : slot + 1) {
      const entry = defined(this.#table[slot]);
      if (entry === 0) return null;
      const number = entry - 1;
      if (this.#first.get(number) !== first) continue;
      if (this.#second !== null && this.#second.get(number) !== second) continue;
      const known = this.#paramsOf(number);
      if (known === null || sameKey(this.#axes, known, params)) return number;
    }
  }

  /** Hashes of a trial's point; null: a smaller number has the same point. O(1). */
  hashesOf(number: number): PointHashes | null {
    const first = this.#first.get(number);
    for (let slot = this.#slot(first); ; slot = slot + 1 === this.#table.length ? 0 : slot + 1) {
      const entry = this.#table[slot] ?? 0;
      if (entry === 0) return null;
      if (entry === number + 1) return { first, second: this.#second?.get(number) ?? 0 };
    }
  }

  /** Adds a trial that `hashesOf` of another set of the same axes returned hashes for. */
  addHashed(number: number, { first, second }: PointHashes): void {
    this.#first.set(number, first);
    this.#second?.set(number, second);
    this.#enter(number);
  }

  get bytes(): number {
    return this.#table.byteLength + this.#first.bytes + (this.#second?.bytes ?? 0);
  }

  #slot(first: number): number {
    return Math.floor((first / 2 ** 32) * this.#table.length);
  }

  #enter(number: number): void {
    if (this.#count + 1 > this.#table.length * FULLEST) this.#grow();
    this.#insert(number);
    this.#count += 1;
  }

  #insert(number: number): void {
    let slot = this.#slot(this.#first.get(number));
    while (this.#table[slot] !== 0) slot = slot + 1 === this.#table.length ? 0 : slot + 1;
    this.#table[slot] = number + 1;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(Math.ceil(before.length * GROWTH));
    for (const entry of before) if (entry !== 0) this.#insert(entry - 1);
  }
}
