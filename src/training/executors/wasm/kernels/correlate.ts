/**
 * Correlation with the batch as innermost dimension: y[f,p] = b[f] + Σ_c Σ_t w[f,c,t]·x[c,p+t].
 * With strides in bytes it implements convolution, its input gradient, and dense in both
 * directions. Register blocking: the accumulators are the pixels of a block times a few filters;
 * each pixel is loaded once for all its filters and each weight once for all its pixels. With
 * `pool` the block is a pooling window: only its maximum and the winner's position are stored,
 * never the output of the convolution. Parameters: x, w, b, y; then the winners' codes with `pool`,
 * and the number of columns if they are tiles.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { chooseBlock, LONGEST_SUM, pieces, REGISTERS } from './blocks.ts';
import { keyOf, type Kernel } from './kernel.ts';

/** Shape of a correlation; strides are in bytes. */
export interface Correlation {
  readonly groups: number;
  /** Filters per group. */
  readonly filters: number;
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly rows: number;
  /** 'tiles': the last parameter gives the number. */
  readonly columns: number | 'tiles';
  readonly x: Steps;
  readonly y: Steps;
  /** Stride from one tap's pixel to the next; negative for a flipped kernel. */
  readonly tap: { readonly row: number; readonly column: number };
  readonly weight: {
    readonly group: number;
    readonly filter: number;
    readonly channel: number;
    readonly row: number;
    readonly column: number;
  };
  readonly bias: boolean;
  readonly add: boolean;
  readonly relu: boolean;
  /**
   * Fused pooling: y is the pooled output. `code`: value recorded for a winner at (row, column) of
   * its window.
   */
  readonly pool?: {
    readonly size: readonly [number, number];
    readonly code: { readonly row: number; readonly column: number };
    readonly x: { readonly row: number; readonly column: number };
  };
}

interface Steps {
  readonly plane: number;
  readonly row: number;
  readonly column: number;
}

/** Returns whether a pooling window of this size can be a block. */
export function poolFits(size: readonly [number, number], terms: number): boolean {
  return size[0] * size[1] + 3 <= REGISTERS && terms <= LONGEST_SUM;
}

export function correlate(given: Correlation): Kernel {
  const shape = flattened(given);
  const tiles = shape.columns === 'tiles';
  return {
    key: keyOf('correlate', shape),
    parameters: 4 + (shape.pool === undefined ? 0 : 1) + (tiles ? 1 : 0),
    emit: (body, [x = 0, w = 0, b = 0, y = 0, last = 0]) => {
      const perPass = Math.max(1, Math.floor(LONGEST_SUM / (shape.kernel[0] * shape.kernel[1])));
      const outer = { x, w, b, y, last };
      const group = (): void => {
        for (let first = 0; first < shape.channels; first += perPass)
          emitPass(body, shape, outer, first, Math.min(perPass, shape.channels - first));
      };
      body.repeat(
        shape.groups,
        [
          [x, shape.channels * shape.x.plane],
          [w, shape.weight.group],
          [b, shape.filters * 4],
          [y, shape.filters * shape.y.plane],
          [last, shape.pool === undefined ? 0 : shape.filters * shape.y.plane],
        ],
        group,
      );
    },
  };
}

/** Merges consecutive rows without gaps into one row. */
function flattened(shape: Correlation): Correlation {
  const { x, y, rows, columns } = shape;
  if (columns === 'tiles' || rows === 1 || shape.pool !== undefined) return shape;
  const gapless = x.row === columns * x.column && y.row === columns * y.column;
  return gapless ? { ...shape, rows: 1, columns: rows * columns } : shape;
}

/**
 * Pixels and filters of a block. A pooling window is always whole within a block; its maximum and
 * the code need two more registers.
 */
function blockOf(shape: Correlation): { readonly pixels: number; readonly filters: number } {
  const { pool, filters, columns } = shape;
  if (pool === undefined) {
    const [pixels, f] = chooseBlock(columns === 'tiles' ? 64 : columns, filters);
    return { pixels, filters: f };
  }
  const pixels = pool.size[0] * pool.size[1];
  const [, f] = chooseBlock(1, filters, (_, n) => n === 1 || pixels * n + n + 2 <= REGISTERS);
  return { pixels, filters: f };
}

interface Outer {
  readonly x: Local;
  readonly w: Local;
  readonly b: Local;
  readonly y: Local;
  readonly last: Local;
}

/**
 * Emits all filters of a group for some of its channels. Passes after the first add to the output.
 */
function emitPass(
  body: Body,
  shape: Correlation,
  outer: Outer,
  firstChannel: number,
  channels: number,
): void {
  const { pool, columns } = shape;
  const tiles = columns === 'tiles';
  const block = blockOf(shape);
  const [weight, bias, out, code, row, at, quotient, rest] = body.locals('i32', 8) as Eight;
  body
    .get(outer.w)
    .i32(firstChannel * shape.weight.channel)
    .plain('i32.add')
    .set(weight);
  body.get(outer.b).set(bias).get(outer.y).set(out);
  if (pool !== undefined) body.get(outer.last).set(code);
  if (tiles) {
    body.get(outer.last).i32(block.pixels).plain('i32.div_u').set(quotient);
    body.get(outer.last).i32(block.pixels).plain('i32.rem_u').set(rest);
  }
  const outRow = body.local('i32');
  const outAt = body.local('i32');
  const filterBlock = (filters: number): void => {
    body
      .get(outer.x)
      .i32(firstChannel * shape.x.plane)
      .plain('i32.add')
      .set(row)
      .get(out)
      .set(outRow);
    body.repeat(
      shape.rows,
      [
        [row, pool?.x.row ?? shape.x.row],
        [outRow, shape.y.row],
      ],
      () => {
        body.get(row).set(at).get(outRow).set(outAt);
        const run = (pixels: number): void => {
          emitBlock(body, shape, {
            channels,
            filters,
            pixels,
            weight,
            bias,
            out: outAt,
            at,
            code,
            first: firstChannel === 0,
            outer,
          });
        };
        const moving = (pixels: number): [Local, number][] => [
          [at, pixels * shape.x.column],
          [outAt, pixels * shape.y.column],
        ];
        if (pool !== undefined) {
          body.repeat(
            Number(columns),
            [
              [at, pool.x.column],
              [outAt, shape.y.column],
            ],
            () => run(block.pixels),
          );
        } else if (tiles) {
          body.times(quotient, moving(block.pixels), () => run(block.pixels));
          body.times(rest, moving(1), () => run(1));
        } else {
          for (const [pixels, count] of pieces(columns, block.pixels))
            body.repeat(count, moving(pixels), () => run(pixels));
        }
      },
    );
  };
  for (const [filters, count] of pieces(shape.filters, block.filters)) {
    body.repeat(
      count,
      [
        [weight, filters * shape.weight.filter],
        [bias, filters * 4],
        [out, filters * shape.y.plane],
      ],
      () => filterBlock(filters),
    );
  }
  body.release('i32', weight, bias, out, code, row, at, quotient, rest, outRow, outAt);
}

type Eight = [Local, Local, Local, Local, Local, Local, Local, Local];

interface BlockOf {
  readonly channels: number;
  readonly filters: number;
  readonly pixels: number;
  readonly weight: Local;
  readonly bias: Local;
  readonly out: Local;
  readonly at: Local;
  readonly code: Local;
  readonly first: boolean;
  readonly outer: Outer;
}

function emitBlock(body: Body, shape: Correlation, block: BlockOf): void {
  const { kernel, pool, tap } = shape;
  const offsets = Array.from({ length: block.pixels }, (_, p) =>
    pool === undefined
      ? p * shape.x.column
      : Math.floor(p / pool.size[1]) * shape.x.row + (p % pool.size[1]) * shape.x.column,
  );
  const sums = Array.from({ length: block.filters }, () => body.locals('v128', block.pixels));
  sums.forEach((row, f) => {
    for (const sum of row) {
      if (block.first && shape.bias) body.get(block.bias).loadSplat(4 * f);
      else body.f32x4(0);
      body.set(sum);
    }
  });
  const [x, w] = body.locals('i32', 2) as [Local, Local];
  const pixel = body.local('v128');
  const weights = body.locals('v128', block.filters);
  body.get(block.at).set(x).get(block.weight).set(w);
  // One loop per tap, not unrolled: V8 moves all loads of a basic block to its start and spills
  // those that do not fit the registers.
  const channel: readonly [number, number] = [
    shape.x.plane - kernel[0] * tap.row,
    shape.weight.channel - kernel[0] * shape.weight.row,
  ];
  const line: readonly [number, number] = [
    tap.row - kernel[1] * tap.column,
    shape.weight.row - kernel[1] * shape.weight.column,
  ];
  const moving = (steps: readonly [number, number]): [Local, number][] => [
    [x, steps[0]],
    [w, steps[1]],
  ];
  body.repeat(block.channels, moving(channel), () => {
    body.repeat(kernel[0], moving(line), () => {
      body.repeat(kernel[1], moving([tap.column, shape.weight.column]), () => {
        weights.forEach((local, f) =>
          body
            .get(w)
            .loadSplat(f * shape.weight.filter)
            .set(local),
        );
        offsets.forEach((offset, p) => {
          body.get(x).load('v128', offset).set(pixel);
          sums.forEach((row, f) => body.multiplyAdd(at(row, p), at(weights, f), pixel));
        });
      });
    });
  });
  sums.forEach((row, f) => {
    if (pool === undefined) storePixels(body, shape, block, row, f);
    else storeWinner(body, shape, block, row, f);
  });
  body.release('i32', x, w);
  body.release('v128', pixel, ...weights, ...sums.flat());
}

function storePixels(
  body: Body,
  shape: Correlation,
  block: BlockOf,
  row: readonly Local[],
  f: number,
): void {
  row.forEach((sum, p) => {
    const offset = f * shape.y.plane + p * shape.y.column;
    body.get(block.out);
    if (shape.relu) body.f32x4(0);
    body.get(sum);
    if (!block.first || shape.add) body.get(block.out).load('v128', offset).vector('f32x4.add');
    if (shape.relu) body.vector('f32x4.pmax');
    body.store('v128', offset);
  });
}

/**
 * Stores the first of the largest values, compared with `>`, and the code of its position. The
 * codes' buffer has the output's layout.
 */
function storeWinner(
  body: Body,
  shape: Correlation,
  block: BlockOf,
  row: readonly Local[],
  f: number,
): void {
  const { pool } = shape;
  if (pool === undefined) return;
  const [best = 0, ...others] = row;
  const [code, greater] = body.locals('v128', 2) as [Local, Local];
  body.i32x4(0, 0, 0, 0).set(code);
  others.forEach((sum, k) => {
    const place = k + 1;
    const mark =
      Math.floor(place / pool.size[1]) * pool.code.row + (place % pool.size[1]) * pool.code.column;
    body.get(sum).get(best).vector('f32x4.gt').set(greater);
    body.get(best).get(sum).vector('f32x4.pmax').set(best);
    body.i32x4(mark, mark, mark, mark).get(code).get(greater).vector('v128.bitselect').set(code);
  });
  const offset = f * shape.y.plane;
  body.get(block.out);
  if (shape.relu) body.f32x4(0).get(best).vector('f32x4.pmax');
  else body.get(best);
  body.store('v128', offset);
  body
    .get(block.out)
    .get(block.outer.y)
    .plain('i32.sub')
    .get(block.code)
    .plain('i32.add')
    .get(code)
    .store('v128', offset);
  body.release('v128', code, greater);
}
