/**
 * Weight gradients with the batch as innermost dimension: w'[f,c,t] += Σ_tiles Σ_p g[f,p]·x[c,p+t],
 * for a convolution or, with one pixel, for dense. The accumulators are the filters times taps of a
 * block; their four lanes are added, (l₀+l₁)+(l₂+l₃), once per call. Parameters: g, x, w', tiles.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import { chooseBlock, LONGEST_SUM, pieces } from './blocks.ts';
import { pushLaneSum } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';

/** Shape of a weight gradient; strides are in bytes. */
export interface WeightGradient {
  readonly groups: number;
  /** Filters per group. */
  readonly filters: number;
  readonly channels: number;
  readonly kernel: readonly [number, number];
  /** Rows of g. */
  readonly rows: number;
  readonly columns: number;
  /** Strides in x: from one pixel of g to the next, between taps, between channels. */
  readonly x: {
    readonly row: number;
    readonly column: number;
    readonly tapRow: number;
    readonly tapColumn: number;
    readonly plane: number;
  };
  /** Distance from one tile to the next. */
  readonly tile: { readonly g: number; readonly x: number };
}

export function weightGradient(given: WeightGradient): Kernel {
  const gapless = given.x.row === given.columns * given.x.column;
  const shape = gapless ? { ...given, rows: 1, columns: given.rows * given.columns } : given;
  const plane = shape.rows * shape.columns * 16;
  return {
    key: keyOf('weight-gradient', shape),
    parameters: 4,
    emit: (body, [g = 0, x = 0, to = 0, tiles = 0]) => {
      body.repeat(
        shape.groups,
        [
          [g, shape.filters * plane],
          [x, shape.channels * shape.x.plane],
          [to, shape.filters * shape.channels * shape.kernel[0] * shape.kernel[1] * 4],
        ],
        () => eachChunk(body, shape, tiles, { g, x, to }),
      );
    },
  };
}

interface Pointers {
  readonly g: Local;
  readonly x: Local;
  readonly to: Local;
}

/** Processes as many tiles at a time as one accumulator may sum. */
function eachChunk(body: Body, shape: WeightGradient, tiles: Local, { g, x, to }: Pointers): void {
  const pixels = shape.rows * shape.columns;
  const most = Math.max(1, Math.floor(LONGEST_SUM / pixels));
  const [left, now, gAt, xAt] = body.locals('i32', 4) as [Local, Local, Local, Local];
  const chunks = body.local('i32');
  body.get(g).set(gAt).get(x).set(xAt).get(tiles).set(left);
  body
    .get(tiles)
    .i32(most - 1)
    .plain('i32.add')
    .i32(most)
    .plain('i32.div_u')
    .set(chunks);
  body.times(chunks, [], () => {
    body.get(left).i32(most).get(left).i32(most).plain('i32.lt_u').plain('select').set(now);
    body.get(left).get(now).plain('i32.sub').set(left);
    walkFilters(body, shape, now, { g: gAt, x: xAt, to });
    body.get(now).i32(shape.tile.g).plain('i32.mul').get(gAt).plain('i32.add').set(gAt);
    body.get(now).i32(shape.tile.x).plain('i32.mul').get(xAt).plain('i32.add').set(xAt);
  });
  body.release('i32', left, now, gAt, xAt, chunks);
}

/** Columns of a block: taps of one kernel row, or several channels of a 1×1 kernel. */
interface Block {
  readonly filters: number;
  readonly columns: number;
}

function walkFilters(
  body: Body,
  shape: WeightGradient,
  tiles: Local,
  { g, x, to }: Pointers,
): void {
  const [height, width] = shape.kernel;
  const [single, taps] = [height * width === 1, height * width];
  const [most, columnsOfBlock] = chooseBlock(shape.filters, single ? shape.channels : width);
  const plane = shape.rows * shape.columns * 16;
  const [gBlock, toFilter, xColumn, toColumn] = body.locals('i32', 4) as [
    Local,
    Local,
    Local,
    Local,
  ];
  body.get(g).set(gBlock).get(to).set(toFilter);
  for (const [filters, count] of pieces(shape.filters, most)) {
    const moving: [Local, number][] = [
      [gBlock, filters * plane],
      [toFilter, filters * shape.channels * taps * 4],
    ];
    body.repeat(count, moving, () => {
      body.get(x).set(xColumn).get(toFilter).set(toColumn);
      const run = (columns: number, step: number): void =>
        emitBlock(body, shape, { filters, columns, step }, tiles, {
          g: gBlock,
          x: xColumn,
          to: toColumn,
        });
      const along = (total: number, step: number): void => {
        for (const [columns, times] of pieces(total, columnsOfBlock)) {
          body.repeat(
            times,
            [
              [xColumn, columns * step],
              [toColumn, columns * 4],
            ],
            () => run(columns, step),
          );
        }
      };
      if (single) along(shape.channels, shape.x.plane);
      else {
        body.repeat(shape.channels, [[xColumn, shape.x.plane - height * shape.x.tapRow]], () => {
          body.repeat(height, [[xColumn, shape.x.tapRow - width * shape.x.tapColumn]], () =>
            along(width, shape.x.tapColumn),
          );
        });
      }
    });
  }
  body.release('i32', gBlock, toFilter, xColumn, toColumn);
}

/** @param step distance in x between neighbouring columns of the block, in bytes */
function emitBlock(
  body: Body,
  shape: WeightGradient,
  block: Block & { readonly step: number },
  tiles: Local,
  pointers: Pointers,
): void {
  const plane = shape.rows * shape.columns * 16;
  const sums = Array.from({ length: block.filters }, () => body.locals('v128', block.columns));
  const gradients = body.locals('v128', block.filters);
  const pixel = body.local('v128');
  const [g, x] = body.locals('i32', 2) as [Local, Local];
  for (const sum of sums.flat()) body.f32x4(0).set(sum);
  body.get(pointers.g).set(g).get(pointers.x).set(x);
  body.times(
    tiles,
    [
      [g, shape.tile.g - plane],
      [x, shape.tile.x - shape.rows * shape.x.row],
    ],
    () => {
      body.repeat(shape.rows, [[x, shape.x.row - shape.columns * shape.x.column]], () => {
        body.repeat(
          shape.columns,
          [
            [g, 16],
            [x, shape.x.column],
          ],
          () => {
            gradients.forEach((local, f) =>
              body
                .get(g)
                .load('v128', f * plane)
                .set(local),
            );
            for (let c = 0; c < block.columns; c++) {
              body
                .get(x)
                .load('v128', c * block.step)
                .set(pixel);
              sums.forEach((row, f) => body.multiplyAdd(at(row, c), at(gradients, f), pixel));
            }
          },
        );
      });
    },
  );
  const perFilter = shape.channels * shape.kernel[0] * shape.kernel[1] * 4;
  sums.forEach((row, f) => {
    row.forEach((sum, c) => {
      const offset = f * perFilter + 4 * c;
      body.get(pointers.to).get(pointers.to).load('f32', offset);
      pushLaneSum(body, sum);
      body.plain('f32.add').store('f32', offset);
    });
  });
  body.release('i32', g, x);
  body.release('v128', pixel, ...gradients, ...sums.flat());
}

/** Bias gradients: b'[f] += Σ_tiles Σ_p g[f,p]. Parameters: g, b', tiles. */
export function biasGradient(shape: { readonly filters: number; readonly plane: number }): Kernel {
  const { filters, plane } = shape;
  return {
    key: keyOf('bias-gradient', shape),
    parameters: 3,
    emit: (body, [g = 0, to = 0, tiles = 0]) => {
      const at = body.local('i32');
      const [sum, part] = body.locals('v128', 2) as [Local, Local];
      body.repeat(
        filters,
        [
          [g, plane * 16],
          [to, 4],
        ],
        () => {
          body.get(g).set(at).f32x4(0).set(sum);
          body.times(tiles, [[at, filters * plane * 16 - plane * 16]], () => {
            for (const [pixels, times] of pieces(plane, LONGEST_SUM)) {
              body.repeat(times, [], () => {
                body.f32x4(0).set(part);
                body.repeat(pixels, [[at, 16]], () =>
                  body.get(part).get(at).load('v128').vector('f32x4.add').set(part),
                );
                body.get(sum).get(part).vector('f32x4.add').set(sum);
              });
            }
          });
          body.get(to).get(to).load('f32');
          pushLaneSum(body, sum);
          body.plain('f32.add').store('f32');
        },
      );
      body.release('i32', at);
      body.release('v128', sum, part);
    },
  };
}
