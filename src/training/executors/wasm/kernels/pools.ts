/**
 * Pools of a tile and their gradients. A gradient writes every pixel of its buffer, including those
 * that no window reads.
 */
import { defined } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { eachVector, storeVector, sumVectors } from './each-vector.ts';
import { keyOf, type Kernel } from './kernel.ts';
import { covering, disjoint, eachWindow, type Pool } from './windows.ts';

type PoolGradient = Pool & { readonly add: boolean };

/**
 * y = the first of the largest elements of each window, compared with `>` from the first tap inside
 * the input. Parameters (x, y, code); code: int32 byte offset of each winner from its window's
 * corner.
 */
export function maxPool(shape: Pool): Kernel {
  return {
    key: keyOf('max-pool', shape),
    parameters: 3,
    emit(body, [x = 0, y = 0, code = 0]) {
      const [best, winner, value] = body.locals('v128', 3) as [Local, Local, Local];
      eachWindow(body, shape, x, [y, code], (at, [first, ...others]) => {
        body.get(at).load('v128').set(best);
        pushCode(body, defined(first).fromCorner).set(winner);
        for (const { offset, fromCorner } of others) {
          pushCode(body, fromCorner).get(winner);
          body
            .get(at)
            .load('v128', offset)
            .tee(value)
            .get(best)
            .vector('f32x4.gt')
            .vector('v128.bitselect')
            .set(winner);
          body.get(best).get(value).vector('f32x4.pmax').set(best);
        }
        body.get(y).get(best).store('v128').get(code).get(winner).store('v128');
      });
      body.release('v128', best, winner, value);
    },
  };
}

/** x′ (+)= the whole of g at each window's winner. Parameters (g, code, x′). */
export function maxPoolGradient(shape: PoolGradient): Kernel {
  return {
    key: keyOf('max-pool-gradient', shape),
    parameters: 3,
    emit(body, [g = 0, code = 0, to = 0]) {
      const add = clearForGradient(body, shape, to);
      const [gradient, winner] = body.locals('v128', 2) as [Local, Local];
      const target = body.local('i32');
      eachWindow(body, shape, to, [g, code], (at, taps) => {
        if (disjoint(shape)) {
          body.get(g).load('v128').set(gradient).get(code).load('v128').set(winner);
          for (const { offset, fromCorner } of taps) {
            body.get(at).get(gradient).get(winner);
            pushCode(body, fromCorner).vector('i32x4.eq').vector('v128.and');
            storeVector(body, at, offset, add);
          }
          return;
        }
        const corner = defined(taps[0]).fromCorner;
        for (let s = 0; s < 4; s++) {
          const lane = 4 * s;
          body
            .get(at)
            .get(code)
            .load('i32', lane)
            .plain('i32.add')
            .i32(corner)
            .plain('i32.sub')
            .tee(target);
          body
            .get(target)
            .load('f32', lane)
            .get(g)
            .load('f32', lane)
            .plain('f32.add')
            .store('f32', lane);
        }
      });
      body.release('v128', gradient, winner);
      body.release('i32', target);
    },
  };
}

/** y = the mean of the window's taps inside the input. Parameters (x, y). */
export function averagePool(shape: Pool): Kernel {
  return {
    key: keyOf('average-pool', shape),
    parameters: 2,
    emit(body, [x = 0, y = 0]) {
      eachWindow(body, shape, x, [y], (at, taps) => {
        body.get(y);
        taps.forEach(({ offset }, i) => {
          body.get(at).load('v128', offset);
          if (i > 0) body.vector('f32x4.add');
        });
        body
          .f32x4(1 / taps.length)
          .vector('f32x4.mul')
          .store('v128');
      });
    },
  };
}

/** x′ (+)= g divided evenly among the window's taps inside the input. Parameters (g, x′). */
export function averagePoolGradient(shape: PoolGradient): Kernel {
  return {
    key: keyOf('average-pool-gradient', shape),
    parameters: 2,
    emit(body, [g = 0, to = 0]) {
      const add = clearForGradient(body, shape, to);
      const share = body.local('v128');
      eachWindow(body, shape, to, [g], (at, taps) => {
        body
          .get(g)
          .load('v128')
          .f32x4(1 / taps.length)
          .vector('f32x4.mul')
          .set(share);
        for (const { offset } of taps) {
          body.get(at).get(share);
          storeVector(body, at, offset, add);
        }
      });
      body.release('v128', share);
    },
  };
}

interface Planes {
  readonly channels: number;
  /** Elements per channel. */
  readonly plane: number;
}

/** y[c] = the mean of the channel. Parameters (x, y). */
export function globalAveragePool(shape: Planes): Kernel {
  return {
    key: keyOf('global-average-pool', shape),
    parameters: 2,
    emit(body, [x = 0, y = 0]) {
      const total = body.local('v128');
      body.repeat(shape.channels, [[y, 16]], () => {
        sumVectors(body, shape.plane, [x], [total], ([sum = 0], offset) => {
          body.get(sum).get(x).load('v128', offset).vector('f32x4.add').set(sum);
        });
        body.get(y).get(total).f32x4(shape.plane).vector('f32x4.div').store('v128');
      });
      body.release('v128', total);
    },
  };
}

/** x′[c,·] (+)= g[c] / number of elements of the channel. Parameters (g, x′). */
export function globalAveragePoolGradient(shape: Planes & { readonly add: boolean }): Kernel {
  return {
    key: keyOf('global-average-pool-gradient', shape),
    parameters: 2,
    emit(body, [g = 0, to = 0]) {
      const share = body.local('v128');
      body.repeat(shape.channels, [[g, 16]], () => {
        body.get(g).load('v128').f32x4(shape.plane).vector('f32x4.div').set(share);
        eachVector(body, shape.plane, [to], 4, (offset) => {
          body.get(to).get(share);
          storeVector(body, to, offset, shape.add);
        });
      });
      body.release('v128', share);
    },
  };
}

/** Clears x′ where windows overlap or leave pixels out. Returns whether windows must add. */
function clearForGradient(body: Body, shape: PoolGradient, to: Local): boolean {
  if (shape.add) return true;
  if (!disjoint(shape) || !covering(shape))
    body.clearAt(to, shape.channels * shape.rows * shape.columns * 16);
  return !disjoint(shape);
}

function pushCode(body: Body, code: number): Body {
  return body.i32x4(code, code, code, code);
}
