/**
 * The only source of randomness: Philox4x32-10, a counter-based generator (Salmon et al., "Parallel
 * Random Numbers: As Easy as 1, 2, 3", SC 2011). A draw is a pure function of (seed, purpose,
 * position), so order of arrival and restarts do not change it. Not cryptographically secure.
 */
import { normalQuantile } from './elementary.ts';

/**
 * Purpose of a draw, in bits 31–24 of the counter's last word. Recorded results depend on these
 * numbers: never reuse one.
 */
export const PURPOSE = {
  initialise: 1,
  shuffle: 2,
  split: 3,
  dropout: 4,
  augment: 5,
  synthetic: 6,
  replicate: 7,
  command: 8,
  params: 64,
  mutate: 65,
  parents: 66,
  distinct: 67,
  grid: 68,
  simulation: 69,
  analysis: 70,
  bracket: 75,
  enqueued: 76,
  audit: 80,
  edited: 81,
} as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

/** The generator's key: the low and high 32 bits of the study's seed. */
export interface Key {
  readonly low: number;
  readonly high: number;
}

/** Key of a seed, an integer 0 ≤ seed < 2⁵³. */
export function keyOf(seed: number): Key {
  return { low: seed >>> 0, high: Math.floor(seed / 2 ** 32) >>> 0 };
}

/**
 * Writes one block of four words (uint32) to `out[at … at+3]`.
 * @param c0 fastest-moving counter word; c3 is the slowest
 */
export function philox(
  key: Key,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  out: Uint32Array,
  at = 0,
): void {
  let k0 = key.low;
  let k1 = key.high;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/**
 * High 32 bits of the 64-bit product of two uint32 (arguments and result as any int32/uint32 bit
 * pattern).
 */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  return aHigh * bHigh + Math.floor(middle / 65536) + (((middle & 0xffff) + aLow * bHigh) >>> 16);
}

/** Selects a stream: the counter words above the running one. */
export interface Position {
  readonly purpose: Purpose;
  /** Bits 23–0 of the last word: an ordinal within the purpose, or a retry. */
  readonly ordinal?: number;
  /** Trial number + 1 for draws that belong to a trial; 0 for draws of the study. */
  readonly trial?: number;
  /** An epoch, a step, or 0. */
  readonly round?: number;
}

/** Sequential reader of the words at one position, on top of `philox`. */
export class Stream {
  readonly #key: Key;
  readonly #c1: number;
  readonly #c2: number;
  readonly #c3: number;
  readonly #block = new Uint32Array(4);
  #next = 0;

  constructor(seed: number, { purpose, ordinal = 0, trial = 0, round = 0 }: Position) {
    this.#key = keyOf(seed);
    this.#c1 = round;
    this.#c2 = trial;
    this.#c3 = (purpose << 24) | (ordinal & 0xffffff);
  }

  /** Next word, 0 ≤ word < 2³². */
  word(): number {
    const at = this.#next & 3;
    if (at === 0) philox(this.#key, this.#next >>> 2, this.#c1, this.#c2, this.#c3, this.#block);
    this.#next += 1;
    return this.#block[at] ?? 0;
  }

  /** Uniform on [0, 1) in steps of 2⁻²⁴, exact in float32; consumes one word. */
  uniform(): number {
    return (this.word() >>> 8) * 2 ** -24;
  }

  /** Uniform on [0, 1) in steps of 2⁻⁵³; consumes two words. */
  uniform53(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 67108864 + low) * 2 ** -53;
  }

  /** Uniform integer 0 ≤ i < count, count ≤ 2²¹ (exact in float64); consumes one word. */
  below(count: number): number {
    return Math.floor(this.word() * count * 2 ** -32);
  }

  /** Standard normal, |z| ≤ 6.34; consumes one word. */
  normal(): number {
    return normalQuantile((this.word() + 0.5) * 2 ** -32);
  }
}
