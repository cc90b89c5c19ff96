/**
 * Checks whether a lane's weights are finite: in NaN and infinity all bits of the exponent are set.
 */
import type { Local } from '../instructions.ts';
import { eachVector } from './each-vector.ts';
import { keyOf, type Kernel } from './kernel.ts';

const EXPONENT = 0x7f800000;

/**
 * Writes 1 to `result` (i32) if all `count` float32 are finite, otherwise 0. Parameters (weights,
 * result).
 * @param shape count must be a multiple of 4
 */
export function weightsFinite(shape: { readonly count: number }): Kernel {
  return {
    key: keyOf('weights-finite', shape),
    parameters: 2,
    emit(body, [weights = 0, result = 0]) {
      const [exponent, found] = body.locals('v128', 2) as [Local, Local];
      body.i32x4(EXPONENT, EXPONENT, EXPONENT, EXPONENT).set(exponent).i32x4(0, 0, 0, 0).set(found);
      eachVector(body, shape.count / 4, [weights], 4, (offset) => {
        body
          .get(weights)
          .load('v128', offset)
          .get(exponent)
          .vector('v128.and')
          .get(exponent)
          .vector('i32x4.eq');
        body.get(found).vector('v128.or').set(found);
      });
      body.get(result).get(found).vector('v128.any_true').plain('i32.eqz').store('i32');
      body.release('v128', exponent, found);
    },
  };
}
