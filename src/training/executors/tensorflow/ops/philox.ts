/**
 * Philox4x32-10 (core/random.ts) on tensors. Words are 64-bit numbers below 2³², so that products
 * keep their high halves.
 */
import type { Operations } from '../operations.ts';
import type { Tensor } from '../tensor.ts';

const ROUNDS = 10;

/** @returns four tensors of words, of the counters' common shape */
export function philox(
  operations: Operations,
  key: readonly [Tensor, Tensor],
  counter: readonly [Tensor, Tensor, Tensor, Tensor],
): Tensor[] {
  const { add, and, multiply, shiftRight, xor } = operations;
  const low = operations.long(0xffffffff);
  const half = operations.long(32);
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const p0 = multiply(c0, operations.long(0xd2511f53));
    const p1 = multiply(c2, operations.long(0xcd9e8d57));
    // The product may overflow into the sign bit; the mask removes the copies that the shift makes
    // of it.
    const [high0, high1] = [and(shiftRight(p0, half), low), and(shiftRight(p1, half), low)];
    [c0, c1, c2, c3] = [
      xor(xor(high1, c1), k0),
      and(p1, low),
      xor(xor(high0, c3), k1),
      and(p0, low),
    ];
    k0 = and(add(k0, operations.long(0x9e3779b9)), low);
    k1 = and(add(k1, operations.long(0xbb67ae85)), low);
  }
  return [c0, c1, c2, c3];
}
