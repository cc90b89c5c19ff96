/**
 * gather: converts four samples of the dataset from bytes (or floats) to x·scale + shift in sample
 * layout. The frame holds their addresses. Parameter: target address.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { FRAME } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';

export interface Gather {
  readonly type: 'u8' | 'f32';
  readonly channels: number;
  /** Elements per plane. */
  readonly plane: number;
  /** Scale per channel. */
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  /** Distance between samples in sample layout. */
  readonly sampleBytes: number;
}

export function gather(shape: Gather): Kernel {
  return {
    key: keyOf('gather', shape),
    parameters: 1,
    emit: (body, [to = 0]) => {
      const [from, at] = body.locals('i32', 2) as [Local, Local];
      for (let s = 0; s < 4; s++) {
        body
          .i32(FRAME.sources + 4 * s)
          .load('i32')
          .set(from);
        body
          .get(to)
          .i32(s * shape.sampleBytes)
          .plain('i32.add')
          .set(at);
        if (shape.type === 'u8') fromBytes(body, shape, from, at);
        else fromFloats(body, shape, from, at);
      }
      body.release('i32', from, at);
    },
  };
}

function fromFloats(
  body: Body,
  { channels, plane, scale, shift }: Gather,
  from: Local,
  to: Local,
): void {
  for (let c = 0; c < channels; c++) {
    body.repeat(
      plane,
      [
        [from, 4],
        [to, 4],
      ],
      () =>
        body
          .get(to)
          .get(from)
          .load('f32')
          .f32(at(scale, c))
          .plain('f32.mul')
          .f32(at(shift, c))
          .plain('f32.add')
          .store('f32'),
    );
  }
}

function fromBytes(
  body: Body,
  { channels, plane, scale, shift }: Gather,
  from: Local,
  to: Local,
): void {
  const [factor, summand, bytes, half] = body.locals('v128', 4) as [Local, Local, Local, Local];
  const store = (offset: number): void => {
    body
      .vector('f32x4.convert_i32x4_s')
      .get(factor)
      .vector('f32x4.mul')
      .get(summand)
      .vector('f32x4.add')
      .store('v128', offset);
  };
  for (let c = 0; c < channels; c++) {
    body.f32x4(at(scale, c)).set(factor).f32x4(at(shift, c)).set(summand);
    body.repeat(
      Math.floor(plane / 16),
      [
        [from, 16],
        [to, 64],
      ],
      () => {
        body.get(from).load('v128').set(bytes);
        for (const [k, extend] of (
          ['i16x8.extend_low_i8x16_u', 'i16x8.extend_high_i8x16_u'] as const
        ).entries()) {
          body.get(bytes).vector(extend).set(half);
          body.get(to).get(half).vector('i32x4.extend_low_i16x8_u');
          store(32 * k);
          body.get(to).get(half).vector('i32x4.extend_high_i16x8_u');
          store(32 * k + 16);
        }
      },
    );
    const rest = plane % 16;
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
        .f32(at(scale, c))
        .plain('f32.mul')
        .f32(at(shift, c))
        .plain('f32.add')
        .store('f32', 4 * i);
    }
    body.advance(from, rest).advance(to, 4 * rest);
  }
  body.release('v128', factor, summand, bytes, half);
}
