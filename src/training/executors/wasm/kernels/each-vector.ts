/** Walks over buffers of vectors, several at a time: what element-wise kernels and sums have in common. */
import type { Body, Local } from '../instructions.ts';

/**
 * Writes `vector` for each of `count` vectors of consecutive buffers, `unroll` to an iteration. Moves the pointers.
 * @param vector writes one vector's code: where it lies behind the pointers, in bytes, and its place in the iteration
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

/** Leaves what is on the stack at `to`, added to what is there if `add`. The pointer must lie below the value on the stack. */
export function storeVector(body: Body, to: Local, offset: number, add: boolean): void {
  if (add) body.get(to).load('v128', offset).vector('f32x4.add');
  body.store('v128', offset);
}
