/**
 * Copies, sums and products of a tile's buffers, from which add, multiply, flatten and dropout are
 * composed.
 */
import { at } from '../../../../core/at.ts';
import { eachVector, storeVector, sumVectors } from './each-vector.ts';
import { keyOf, type Kernel } from './kernel.ts';

const UNROLL = 4;

/** to (+)= from. Parameters (from, to). */
export function copy(shape: { readonly count: number; readonly add: boolean }): Kernel {
  return {
    key: keyOf('copy', shape),
    parameters: 2,
    emit(body, [from = 0, to = 0]) {
      eachVector(body, shape.count, [from, to], UNROLL, (offset) => {
        body.get(to).get(from).load('v128', offset);
        storeVector(body, to, offset, shape.add);
      });
    },
  };
}

/**
 * y = a + b + …, evaluated from left to right. Parameters (a, b, …, y); y may be any input's
 * buffer.
 */
export function sum(shape: { readonly inputs: number; readonly count: number }): Kernel {
  return {
    key: keyOf('sum', shape),
    parameters: shape.inputs + 1,
    emit(body, pointers) {
      const [first = 0, ...more] = pointers.slice(0, shape.inputs);
      const to = at(pointers, shape.inputs);
      eachVector(body, shape.count, pointers, UNROLL, (offset) => {
        body.get(to).get(first).load('v128', offset);
        for (const input of more) body.get(input).load('v128', offset).vector('f32x4.add');
        body.store('v128', offset);
      });
    },
  };
}

/** y (+)= a·b. Parameters (a, b, y); y may be an input's buffer. */
export function product(shape: { readonly count: number; readonly add: boolean }): Kernel {
  return {
    key: keyOf('product', shape),
    parameters: 3,
    emit(body, [a = 0, b = 0, to = 0]) {
      eachVector(body, shape.count, [a, b, to], UNROLL, (offset) => {
        body.get(to).get(a).load('v128', offset).get(b).load('v128', offset).vector('f32x4.mul');
        storeVector(body, to, offset, shape.add);
      });
    },
  };
}

interface Planes {
  readonly channels: number;
  /** Elements per channel. */
  readonly plane: number;
  readonly add: boolean;
}

/** y[c,·] (+)= a[c,·]·b[c], per sample. Parameters (a [C,plane], b [C], y); y may be a's buffer. */
export function scaleChannels(shape: Planes): Kernel {
  return {
    key: keyOf('scale-channels', shape),
    parameters: 3,
    emit(body, [a = 0, b = 0, to = 0]) {
      const factor = body.local('v128');
      body.repeat(shape.channels, [[b, 16]], () => {
        body.get(b).load('v128').set(factor);
        eachVector(body, shape.plane, [a, to], UNROLL, (offset) => {
          body.get(to).get(a).load('v128', offset).get(factor).vector('f32x4.mul');
          storeVector(body, to, offset, shape.add);
        });
      });
      body.release('v128', factor);
    },
  };
}

/** b′[c] (+)= Σ g[c,·]·a[c,·], per sample. Parameters (g [C,plane], a [C,plane], b′ [C]). */
export function channelDots(shape: Planes): Kernel {
  return {
    key: keyOf('channel-dots', shape),
    parameters: 3,
    emit(body, [g = 0, a = 0, to = 0]) {
      const total = body.local('v128');
      body.repeat(shape.channels, [[to, 16]], () => {
        sumVectors(body, shape.plane, [g, a], [total], ([sum = 0], offset) => {
          body
            .get(sum)
            .get(g)
            .load('v128', offset)
            .get(a)
            .load('v128', offset)
            .vector('f32x4.mul')
            .vector('f32x4.add')
            .set(sum);
        });
        body.get(to).get(total);
        storeVector(body, to, 0, shape.add);
      });
      body.release('v128', total);
    },
  };
}
