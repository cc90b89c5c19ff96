/**
 * Draws dropout's factors for a tile: 0 or the scale, by Philox4x32-10 with a sample in each lane, so that a block of four words
 * serves four features of four samples. Equal, word for word, to `core/random.ts`.
 */
import { PURPOSE } from '../../../../core/random.ts';
import type { Body, Local } from '../instructions.ts';
import { FRAME, ROW } from './frame.ts';

export interface DropoutMask {
  /** Tile layout, padded to a multiple of four features. */
  readonly mask: number;
  readonly features: number;
  readonly ordinal: number;
  /** Byte offsets in the lane's row. */
  readonly threshold: number;
  readonly scale: number;
}

const EVEN_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const ODD_WORDS = [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31];

export function emitDropoutMask(body: Body, dropout: DropoutMask): void {
  const blocks = Math.ceil(dropout.features / 4);
  const to = body.local('i32');
  const names = body.locals('v128', 13);
  const [counter, c0, c1, c2, c3, high0, low0, high1, low1, k0, k1, threshold, scale] = names as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
  ];
  body
    .i32(FRAME.position)
    .loadSplat()
    .i32x4(0, 1, 2, 3)
    .vector('i32x4.add')
    .i32x4(blocks, blocks, blocks, blocks)
    .vector('i32x4.mul')
    .set(counter);
  body.get(ROW).loadSplat(dropout.threshold).set(threshold).get(ROW).loadSplat(dropout.scale).set(scale);
  body.i32(dropout.mask).set(to);
  const purpose = (PURPOSE.dropout << 24) | dropout.ordinal;
  body.repeat(blocks, [[to, 64]], () => {
    body.get(counter).set(c0).i32(FRAME.step).loadSplat().set(c1).i32(FRAME.trial).loadSplat().set(c2);
    body.i32x4(purpose, purpose, purpose, purpose).set(c3);
    body.i32(FRAME.keyLow).loadSplat().set(k0).i32(FRAME.keyHigh).loadSplat().set(k1);
    body.repeat(10, [], () => {
      multiply(body, c0, 0xd2511f53, high0, low0);
      multiply(body, c2, 0xcd9e8d57, high1, low1);
      body.get(high1).get(c1).vector('v128.xor').get(k0).vector('v128.xor').set(c0);
      body.get(high0).get(c3).vector('v128.xor').get(k1).vector('v128.xor').set(c2);
      body.get(low1).set(c1).get(low0).set(c3);
      bump(body, k0, 0x9e3779b9);
      bump(body, k1, 0xbb67ae85);
    });
    [c0, c1, c2, c3].forEach((word, f) => {
      // kept where not (word < threshold)
      body
        .get(to)
        .get(scale)
        .get(word)
        .get(threshold)
        .vector('i32x4.lt_u')
        .vector('v128.andnot')
        .store('v128', 16 * f);
    });
    bump(body, counter, 1);
  });
  body.release('i32', to);
  body.release('v128', ...names);
}

function multiply(body: Body, value: Local, factor: number, high: Local, low: Local): void {
  const constant = (): Body => body.i32x4(factor, factor, factor, factor);
  body.get(value);
  constant().vector('i64x2.extmul_low_i32x4_u').set(high).get(value);
  constant().vector('i64x2.extmul_high_i32x4_u').set(low);
  const saved = body.local('v128');
  body.get(high).get(low).shuffle(EVEN_WORDS).set(saved).get(high).get(low).shuffle(ODD_WORDS).set(high).get(saved).set(low);
  body.release('v128', saved);
}

function bump(body: Body, word: Local, by: number): void {
  body.get(word).i32x4(by, by, by, by).vector('i32x4.add').set(word);
}
