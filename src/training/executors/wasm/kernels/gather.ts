/**
 * gather: four samples of the dataset by the order, from bytes to x = u8·scale + shift, into the sample layout. Positions beyond
 * the batch repeat its first sample, so that every number stays finite.
 */
import type { Body, Local } from '../instructions.ts';
import { FRAME } from './frame.ts';

export interface Gather {
  readonly channels: number;
  /** Elements of a plane. */
  readonly plane: number;
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  readonly samples: { readonly address: number; readonly sampleBytes: number };
}

export function emitGather(body: Body, gather: Gather): void {
  const [from, to, index] = body.locals('i32', 3) as [Local, Local, Local];
  const [scale, shift, bytes, half] = body.locals('v128', 4) as [Local, Local, Local, Local];
  const store = (offset: number): void => {
    body.vector('f32x4.convert_i32x4_s').get(scale).vector('f32x4.mul').get(shift).vector('f32x4.add').store('v128', offset);
  };
  for (let s = 0; s < 4; s++) {
    // order[s] if s < valid, else the batch's first
    body
      .i32(FRAME.order)
      .load('i32')
      .load('i32', 4 * s)
      .i32(FRAME.first)
      .load('i32')
      .load('i32');
    body.i32(s).i32(FRAME.valid).load('i32').plain('i32.lt_u').plain('select').set(index);
    body
      .i32(FRAME.targets + 4 * s)
      .i32(FRAME.labels)
      .load('i32')
      .get(index)
      .plain('i32.add')
      .loadByte()
      .store('i32');
    body
      .i32(FRAME.samples)
      .load('i32')
      .get(index)
      .i32(gather.channels * gather.plane)
      .plain('i32.mul')
      .plain('i32.add')
      .set(from);
    body.i32(gather.samples.address + s * gather.samples.sampleBytes).set(to);
    for (let c = 0; c < gather.channels; c++) {
      body
        .f32x4(gather.scale[c] ?? 1)
        .set(scale)
        .f32x4(gather.shift[c] ?? 0)
        .set(shift);
      body.repeat(
        Math.floor(gather.plane / 16),
        [
          [from, 16],
          [to, 64],
        ],
        () => {
          body.get(from).load('v128').set(bytes);
          for (const [k, extend] of (['i16x8.extend_low_i8x16_u', 'i16x8.extend_high_i8x16_u'] as const).entries()) {
            body.get(bytes).vector(extend).set(half);
            body.get(to).get(half).vector('i32x4.extend_low_i16x8_u');
            store(32 * k);
            body.get(to).get(half).vector('i32x4.extend_high_i16x8_u');
            store(32 * k + 16);
          }
        },
      );
      const rest = gather.plane % 16;
      for (let i = 0; i < Math.floor(rest / 4); i++) {
        body
          .get(to)
          .get(from)
          .loadWord(4 * i)
          .vector('i16x8.extend_low_i8x16_u')
          .vector('i32x4.extend_low_i16x8_u');
        store(16 * i);
      }
      for (let i = rest - (rest % 4); i < rest; i++) {
        body.get(to).get(from).loadByte(i).plain('f32.convert_i32_u');
        body
          .f32(gather.scale[c] ?? 1)
          .plain('f32.mul')
          .f32(gather.shift[c] ?? 0)
          .plain('f32.add')
          .store('f32', 4 * i);
      }
      body.advance(from, rest).advance(to, 4 * rest);
    }
  }
  body.release('i32', from, to, index);
  body.release('v128', scale, shift, bytes, half);
}
