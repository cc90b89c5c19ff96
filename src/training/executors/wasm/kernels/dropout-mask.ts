/**
 * Draws dropout's factors for a tile: 0 or the scale, by Philox4x32-10 with one sample per vector
 * lane, so that a block of four words serves four features of four samples. The words equal those
 * of `core/random.ts`.
 */
import { PURPOSE } from '../../../../core/random.ts';
import type { Body, Local } from '../instructions.ts';
import { FRAME } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';

interface DropoutMask {
  readonly features: number;
  /** Ordinal of the layer among the dropout layers. */
  readonly ordinal: number;
}

const EVEN_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const ODD_WORDS = [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31];
const ROUNDS = 10;

/** Parameters (mask: a tile padded to a multiple of four features, threshold: u32, scale: f32). */
export function dropoutMask(shape: DropoutMask): Kernel {
  const blocks = Math.ceil(shape.features / 4);
  const purpose = (PURPOSE.dropout << 24) | shape.ordinal;
  return {
    key: keyOf('dropout-mask', shape),
    parameters: 3,
    emit(body, [mask = 0, threshold = 0, scale = 0]) {
      const words = body.locals('v128', 4) as [Local, Local, Local, Local];
      const products = body.locals('v128', 4) as [Local, Local, Local, Local];
      const names = body.locals('v128', 5) as [Local, Local, Local, Local, Local];
      const [c0, c1, c2, c3] = words;
      const [high0, low0, high1, low1] = products;
      const [counter, k0, k1, limit, kept] = names;
      body
        .i32(FRAME.position)
        .loadSplat()
        .i32x4(0, 1, 2, 3)
        .vector('i32x4.add')
        .i32x4(blocks, blocks, blocks, blocks)
        .vector('i32x4.mul')
        .set(counter);
      body.get(threshold).loadSplat().set(limit).get(scale).loadSplat().set(kept);
      body.repeat(blocks, [[mask, 64]], () => {
        body
          .get(counter)
          .set(c0)
          .i32(FRAME.step)
          .loadSplat()
          .set(c1)
          .i32(FRAME.trial)
          .loadSplat()
          .set(c2);
        body.i32x4(purpose, purpose, purpose, purpose).set(c3);
        body.i32(FRAME.keyLow).loadSplat().set(k0).i32(FRAME.keyHigh).loadSplat().set(k1);
        body.repeat(ROUNDS, [], () => {
          multiply(body, c0, 0xd2511f53, high0, low0);
          multiply(body, c2, 0xcd9e8d57, high1, low1);
          body.get(high1).get(c1).vector('v128.xor').get(k0).vector('v128.xor').set(c0);
          body.get(high0).get(c3).vector('v128.xor').get(k1).vector('v128.xor').set(c2);
          body.get(low1).set(c1).get(low0).set(c3);
          bump(body, k0, 0x9e3779b9);
          bump(body, k1, 0xbb67ae85);
        });
        words.forEach((word, f) => {
          // kept unless word < threshold
          body
            .get(mask)
            .get(kept)
            .get(word)
            .get(limit)
            .vector('i32x4.lt_u')
            .vector('v128.andnot')
            .store('v128', 16 * f);
        });
        bump(body, counter, 1);
      });
      body.release('v128', ...words, ...products, ...names);
    },
  };
}

/** Computes the high and low words of the products with a constant. */
function multiply(body: Body, value: Local, factor: number, high: Local, low: Local): void {
  const constant = (): Body => body.i32x4(factor, factor, factor, factor);
  body.get(value);
  constant().vector('i64x2.extmul_low_i32x4_u').set(high).get(value);
  constant().vector('i64x2.extmul_high_i32x4_u').set(low);
  const saved = body.local('v128');
  body
    .get(high)
    .get(low)
    .shuffle(EVEN_WORDS)
    .set(saved)
    .get(high)
    .get(low)
    .shuffle(ODD_WORDS)
    .set(high)
    .get(saved)
    .set(low);
  body.release('v128', saved);
}

function bump(body: Body, word: Local, by: number): void {
  body.get(word).i32x4(by, by, by, by).vector('i32x4.add').set(word);
}
