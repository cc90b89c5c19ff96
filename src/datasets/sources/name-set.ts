/**
 * Detects names that occur twice in an archive. Keeps 64 bits of a hash of each name, at most 16
 * bytes a name, because an archive may have millions of entries.
 */
import { createHash } from 'node:crypto';
import { at } from '../../core/at.ts';

/** Marks an empty place; a hash has its lowest bit set. */
const EMPTY = 0n;
const FIRST_CAPACITY = 1024;

export class NameSet {
  #hashes = new BigUint64Array(FIRST_CAPACITY);
  #size = 0;

  /** Adds a name. Returns false if the set contains it already. */
  add(name: string): boolean {
    const hash = createHash('sha256').update(name).digest().readBigUInt64LE() | 1n;
    const place = placeOf(this.#hashes, hash);
    if (at(this.#hashes, place) === hash) return false;
    this.#hashes[place] = hash;
    this.#size += 1;
    if (2 * this.#size > this.#hashes.length) this.#grow();
    return true;
  }

  #grow(): void {
    const grown = new BigUint64Array(2 * this.#hashes.length);
    for (const hash of this.#hashes) if (hash !== EMPTY) grown[placeOf(grown, hash)] = hash;
    this.#hashes = grown;
  }
}

/** Place of the hash in a table of a power of two, or the empty place for it. */
function placeOf(hashes: BigUint64Array, hash: bigint): number {
  const mask = hashes.length - 1;
  let place = Number((hash >> 1n) & 0x7fff_ffffn) & mask;
  while (at(hashes, place) !== EMPTY && at(hashes, place) !== hash) place = (place + 1) & mask;
  return place;
}
