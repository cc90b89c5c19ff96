/**
 * conv, batch innermost: a vector holds one pixel of four samples. Register blocking: the pixels of a block times a few filters are
 * accumulators, each pixel is loaded once for all its filters and each weight once for all its pixels; taps are unrolled.
 * With `pool`, the block is a pooling window: its maximum and the winner's place leave the registers, the convolution's output never does.
 */
import type { Body, Local } from '../instructions.ts';
import { LANE } from './frame.ts';

export interface ConvForward {
  /** Tile layout, with any padding already around it: address, channels of a group, rows, columns. */
  readonly input: { readonly address: number; readonly rows: number; readonly columns: number };
  readonly output: { readonly address: number; readonly rows: number; readonly columns: number };
  readonly groups: number;
  readonly filtersPerGroup: number;
  readonly channelsPerGroup: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Byte offsets into the lane's block. */
  readonly weight: number;
  readonly bias: number | undefined;
  readonly relu: boolean;
  /** Fused pooling; the output is the pooled one. `code`: address of the winner's offset in the sample layout of the input, in bytes. */
  readonly pool:
    { readonly size: readonly [number, number]; readonly stride: readonly [number, number]; readonly code: number } | undefined;
}

/** Allocatable vector registers on x64, one kept for the compiler. */
const REGISTERS = 15;
/** Longest sum in one accumulator. */
export const LONGEST_SUM = 4096;

/** Whether a pooling window of this size can be a block. */
export function poolFits(size: readonly [number, number], terms: number): boolean {
  return size[0] * size[1] + 3 <= REGISTERS && terms <= LONGEST_SUM;
}

/** Filters a block: as many as registers allow with their weights, preferring an even division. */
function filtersOfBlock(pixels: number, filters: number): number {
  for (let f = Math.min(filters, 4); f > 1; f--) {
    if (pixels * f + f + 2 <= REGISTERS && (filters % f === 0 || f === 2)) return f;
  }
  return 1;
}

export function emitConvForward(body: Body, conv: ConvForward): void {
  const taps = conv.kernel[0] * conv.kernel[1];
  const perPass = Math.max(1, Math.floor(LONGEST_SUM / taps));
  for (let group = 0; group < conv.groups; group++) {
    for (let first = 0; first < conv.channelsPerGroup; first += perPass) {
      const channels = Math.min(perPass, conv.channelsPerGroup - first);
      emitPass(body, conv, group, first, channels);
    }
  }
}

/** All filters of a group over some of its channels; passes after the first add to the output. */
function emitPass(body: Body, conv: ConvForward, group: number, firstChannel: number, channels: number): void {
  const { output, input, pool, stride } = conv;
  const width = pool === undefined ? Math.min(4, output.columns) : 1;
  const pixels = pool === undefined ? width : pool.size[0] * pool.size[1];
  const filters = filtersOfBlock(pixels, conv.filtersPerGroup);
  const taps = conv.kernel[0] * conv.kernel[1];
  const rowStep = (pool?.stride[0] ?? 1) * stride[0] * input.columns * 16;
  const columnStep = (pool?.stride[1] ?? 1) * stride[1] * 16;
  const plane = output.rows * output.columns * 16;
  const [weight, bias, out, row, at] = body.locals('i32', 5) as [Local, Local, Local, Local, Local];
  const filter = group * conv.filtersPerGroup;
  const perFilter = conv.channelsPerGroup * taps * 4;
  body
    .get(LANE)
    .i32(conv.weight + filter * perFilter + firstChannel * taps * 4)
    .plain('i32.add')
    .set(weight);
  body
    .get(LANE)
    .i32((conv.bias ?? 0) + filter * 4)
    .plain('i32.add')
    .set(bias);
  body.i32(output.address + filter * plane).set(out);
  const start = input.address + (group * conv.channelsPerGroup + firstChannel) * input.rows * input.columns * 16;
  const filterBlock = (count: number): void => {
    const block = (w: number): void => {
      emitBlock(body, conv, { channels, filters: count, width: w, plane, perFilter, weight, bias, out, at, first: firstChannel === 0 });
    };
    body.i32(start).set(row);
    body.repeat(output.rows, [[row, rowStep]], () => {
      body.get(row).set(at);
      const whole = Math.floor(output.columns / width);
      body.repeat(
        whole,
        [
          [at, columnStep * width],
          [out, 16 * width],
        ],
        () => {
          block(width);
        },
      );
      const rest = output.columns - whole * width;
      if (rest > 0) {
        block(rest);
        body.advance(out, 16 * rest);
      }
    });
    body.advance(out, (count - 1) * plane);
  };
  const whole = Math.floor(conv.filtersPerGroup / filters);
  body.repeat(
    whole,
    [
      [weight, filters * perFilter],
      [bias, filters * 4],
    ],
    () => {
      filterBlock(filters);
    },
  );
  const rest = conv.filtersPerGroup - whole * filters;
  if (rest > 0) filterBlock(rest);
  body.release('i32', weight, bias, out, row, at);
}

interface Block {
  readonly channels: number;
  readonly filters: number;
  readonly width: number;
  readonly plane: number;
  readonly perFilter: number;
  readonly weight: Local;
  readonly bias: Local;
  readonly out: Local;
  readonly at: Local;
  readonly first: boolean;
}

function emitBlock(body: Body, conv: ConvForward, block: Block): void {
  const { kernel, stride, input, pool } = conv;
  const places: readonly (readonly [number, number])[] =
    pool === undefined
      ? Array.from({ length: block.width }, (_, x) => [0, x] as const)
      : Array.from({ length: pool.size[0] * pool.size[1] }, (_, t) => [Math.floor(t / pool.size[1]), t % pool.size[1]] as const);
  const sums = Array.from({ length: block.filters }, () => body.locals('v128', places.length));
  sums.forEach((row, f) => {
    for (const sum of row) {
      if (!block.first) body.f32x4(0);
      else if (conv.bias === undefined) body.f32x4(0);
      else body.get(block.bias).loadSplat(4 * f);
      body.set(sum);
    }
  });
  const [x, w] = body.locals('i32', 2) as [Local, Local];
  const pixel = body.local('v128');
  const weights = body.locals('v128', block.filters);
  // A loop per tap, not unrolled: V8 moves all loads of a basic block to its start, and what does not fit the registers is spilled.
  const planeBytes = input.rows * input.columns * 16;
  const rowBytes = input.columns * 16;
  body.get(block.at).set(x).get(block.weight).set(w);
  body.repeat(block.channels, [[x, planeBytes - kernel[0] * rowBytes]], () => {
    body.repeat(kernel[0], [[x, rowBytes - kernel[1] * 16]], () => {
      body.repeat(
        kernel[1],
        [
          [x, 16],
          [w, 4],
        ],
        () => {
          weights.forEach((local, f) =>
            body
              .get(w)
              .loadSplat(f * block.perFilter)
              .set(local),
          );
          places.forEach(([dy, dx], p) => {
            body
              .get(x)
              .load('v128', (dy * stride[0] * input.columns + dx * stride[1]) * 16)
              .set(pixel);
            sums.forEach((row, f) => body.multiplyAdd(row[p] ?? 0, weights[f] ?? 0, pixel));
          });
        },
      );
    });
  });
  sums.forEach((row, f) => {
    if (pool === undefined) storePixels(body, conv, block, row, f);
    else storeWinner(body, conv, block, row, places, f);
  });
  body.release('i32', x, w);
  body.release('v128', pixel, ...weights, ...sums.flat());
}

function storePixels(body: Body, conv: ConvForward, block: Block, row: readonly Local[], f: number): void {
  row.forEach((sum, p) => {
    const offset = f * block.plane + 16 * p;
    body.get(block.out);
    if (conv.relu) body.f32x4(0);
    body.get(sum);
    if (!block.first) body.get(block.out).load('v128', offset).vector('f32x4.add');
    if (conv.relu) body.vector('f32x4.pmax');
    body.store('v128', offset);
  });
}

/** The first of the largest, compared with `>`; its place as the byte offset of its window in the sample layout. */
function storeWinner(
  body: Body,
  conv: ConvForward,
  block: Block,
  row: readonly Local[],
  places: readonly (readonly [number, number])[],
  f: number,
): void {
  const { pool, stride, input } = conv;
  if (pool === undefined) return;
  const [best = 0, ...others] = row;
  const [code, greater] = body.locals('v128', 2) as [Local, Local];
  body.i32x4(0, 0, 0, 0).set(code);
  others.forEach((sum, k) => {
    const [dy, dx] = places[k + 1] ?? [0, 0];
    const offset = (dy * stride[0] * input.columns + dx * stride[1]) * 4;
    body.get(sum).get(best).vector('f32x4.gt').set(greater);
    body.get(best).get(sum).vector('f32x4.pmax').set(best);
    body.i32x4(offset, offset, offset, offset).get(code).get(greater).vector('v128.bitselect').set(code);
  });
  const offset = f * block.plane;
  body.get(block.out);
  if (conv.relu) body.f32x4(0).get(best).vector('f32x4.pmax');
  else body.get(best);
  body.store('v128', offset);
  // The code's buffer mirrors the output's, so one pointer serves both.
  body
    .get(block.out)
    .i32(pool.code - conv.output.address)
    .plain('i32.add')
    .get(code)
    .store('v128', offset);
  body.release('v128', code, greater);
}
