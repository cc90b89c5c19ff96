/**
 * Loops over buffers of vectors with unrolling, used by element-wise kernels and sums.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { LONGEST_SUM } from './blocks.ts';

/**
 * Emits `vector` for each of `count` vectors of consecutive buffers, `unroll` vectors per
 * iteration. Advances the pointers.
 * @param vector emits the code of one vector, given its offset from the pointers in bytes and its
 *   index in the iteration
 */
export function eachVector(
  body: Body,
  count: number,
  pointers: readonly Local[],
  unroll: number,
  vector: (offset: number, place: number) => void,
): void {
  const some = (many: number) => (): void => {
    for (let k = 0; k < many; k++) vector(16 * k, k);
  };
  const moving = (many: number) => pointers.map((pointer) => [pointer, 16 * many] as const);
  body.repeat(Math.floor(count / unroll), moving(unroll), some(unroll));
  if (count % unroll > 0) body.repeat(1, moving(count % unroll), some(count % unroll));
}

/**
 * Stores the value on the stack at `to`, or adds it with `add`. The pointer must lie below the
 * value on the stack.
 */
export function storeVector(body: Body, to: Local, offset: number, add: boolean): void {
  if (add) body.get(to).load('v128', offset).vector('f32x4.add');
  body.store('v128', offset);
}

/**
 * Calls `part` for consecutive parts of `count` terms, each at most as long as one accumulator may
 * sum.
 */
export function eachPart(count: number, part: (terms: number) => void): void {
  for (let first = 0; first < count; first += LONGEST_SUM)
    part(Math.min(LONGEST_SUM, count - first));
}

const ACCUMULATORS = 4;

/**
 * Emits sums over `count` vectors of consecutive buffers: the i-th vector goes to accumulator i mod
 * 4, then (a₀+a₁)+(a₂+a₃). Advances the pointers.
 * @param totals one local per sum; they are set, not added to
 * @param add adds the vector at this offset from the pointers to each of the sums
 */
export function sumVectors(
  body: Body,
  count: number,
  pointers: readonly Local[],
  totals: readonly Local[],
  add: (sums: readonly Local[], offset: number) => void,
): void {
  const places = Math.min(ACCUMULATORS, count);
  const sums = Array.from({ length: places }, () => body.locals('v128', totals.length));
  const ofTotal = (t: number): Local[] => sums.map((place) => at(place, t));
  for (let first = 0; first < count; first += ACCUMULATORS * LONGEST_SUM) {
    for (const sum of sums.flat()) body.f32x4(0).set(sum);
    eachVector(
      body,
      Math.min(ACCUMULATORS * LONGEST_SUM, count - first),
      pointers,
      places,
      (offset, place) => {
        add(sums[place] ?? [], offset);
      },
    );
    totals.forEach((total, t) => {
      const [a = 0, b, c, d] = ofTotal(t);
      body.get(a);
      if (b !== undefined) body.get(b).vector('f32x4.add');
      if (c !== undefined) body.get(c);
      if (d !== undefined) body.get(d).vector('f32x4.add');
      if (c !== undefined) body.vector('f32x4.add');
      if (first > 0) body.get(total).vector('f32x4.add');
      body.set(total);
    });
  }
  body.release('v128', ...sums.flat());
}
