/**
 * Equality of points: two points are equal if their active parameters are equal after rounding to
 * steps. The key is exact; the hash has 64 bits (MurmurHash3's mixing, Appleby 2011, two lanes) and
 * is the same on every machine.
 */
import type { Axis } from './axis.ts';
import type { EncodedParams } from './distribution.ts';

export interface Hash {
  /** Two uint32. */
  first: number;
  second: number;
}

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;
const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** Returns whether two points have the same key. */
export function sameKey(axes: readonly Axis[], a: EncodedParams, b: EncodedParams): boolean {
  for (const axis of axes) {
    if (!Object.is(canonical(axis, a), canonical(axis, b))) return false;
  }
  return true;
}

/** The key as text, for sets of a few points. */
export function keyText(axes: readonly Axis[], params: EncodedParams): string {
  let text = '';
  for (const axis of axes) text += `${canonical(axis, params)},`;
  return text;
}

/** Writes the hash of the key to `out` and returns it. */
export function hashKey(axes: readonly Axis[], params: EncodedParams, out: Hash): Hash {
  let first = 0x2545f491;
  let second = 0x9e3779b9;
  for (const axis of axes) {
    float[0] = canonical(axis, params);
    const low = words[0] ?? 0;
    const high = words[1] ?? 0;
    first = mix(mix(first, low, C1, C2), high, C1, C2);
    second = mix(mix(second, high, C2, C1), low, C2, C1);
  }
  out.first = finish(first);
  out.second = finish(second);
  return out;
}

function canonical(axis: Axis, params: EncodedParams): number {
  const value = params[axis.index] ?? NaN;
  if (Number.isNaN(value)) return NaN;
  if (axis.kind === 'continuous') return value + 0;
  // Not limited to the cells of the axis, because an edit may have widened its range.
  return Math.round((value * axis.divisor - axis.base) / axis.stride) + 0;
}

function mix(hash: number, word: number, before: number, after: number): number {
  const scrambled = Math.imul(rotate(Math.imul(word, before), 15), after);
  return (Math.imul(rotate(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0;
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function finish(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
