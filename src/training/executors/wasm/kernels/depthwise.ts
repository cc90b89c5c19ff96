/**
 * Depthwise correlation with the batch as innermost dimension: y[c,p] = b[c] + Σ_t w[c,t]·x[c,p+t],
 * for the forward pass and the input gradient. One kernel row at a time: each pixel of a block's
 * row is loaded once for all taps that use it. Parameters: x, w, b, y. Strides as in `Correlation`.
 */
import { at } from '../../../../core/at.ts';
import type { Body, Local } from '../instructions.ts';
import type { Correlation } from './correlate.ts';
import { keyOf, type Kernel } from './kernel.ts';

export type Depthwise = Pick<
  Correlation,
  'kernel' | 'x' | 'y' | 'tap' | 'bias' | 'add' | 'relu'
> & {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly weight: Pick<Correlation['weight'], 'row' | 'column' | 'channel'>;
};

const MOST_PIXELS = 4;

export function depthwise(shape: Depthwise): Kernel {
  return {
    key: keyOf('depthwise', shape),
    parameters: 4,
    emit: (body, [x = 0, w = 0, b = 0, y = 0]) => {
      const [row, outRow, at, out] = body.locals('i32', 4) as [Local, Local, Local, Local];
      const width = Math.min(MOST_PIXELS, shape.columns);
      body.repeat(
        shape.channels,
        [
          [x, shape.x.plane],
          [w, shape.weight.channel],
          [b, 4],
          [y, shape.y.plane],
        ],
        () => {
          body.get(x).set(row).get(y).set(outRow);
          body.repeat(
            shape.rows,
            [
              [row, shape.x.row],
              [outRow, shape.y.row],
            ],
            () => {
              body.get(row).set(at).get(outRow).set(out);
              const run = (pixels: number, times: number): void => {
                body.repeat(
                  times,
                  [
                    [at, pixels * shape.x.column],
                    [out, pixels * shape.y.column],
                  ],
                  () => emitBlock(body, shape, pixels, { at, w, b, out }),
                );
              };
              run(width, Math.floor(shape.columns / width));
              if (shape.columns % width > 0) run(shape.columns % width, 1);
            },
          );
        },
      );
      body.release('i32', row, outRow, at, out);
    },
  };
}

function emitBlock(
  body: Body,
  shape: Depthwise,
  pixels: number,
  p: Record<'at' | 'w' | 'b' | 'out', Local>,
): void {
  const [height, width] = shape.kernel;
  const sums = body.locals('v128', pixels);
  const weights = body.locals('v128', width);
  const pixel = body.local('v128');
  const [x, w] = body.locals('i32', 2) as [Local, Local];
  // offset → pairs of a pixel whose sum uses it and the tap
  const meets = new Map<number, [pixel: number, tap: number][]>();
  for (let i = 0; i < pixels; i++) {
    for (let j = 0; j < width; j++) {
      const offset = i * shape.x.column + j * shape.tap.column;
      meets.set(offset, [...(meets.get(offset) ?? []), [i, j]]);
    }
  }
  const least = Math.min(...meets.keys());
  for (const sum of sums) {
    if (shape.bias) body.get(p.b).loadSplat();
    else body.f32x4(0);
    body.set(sum);
  }
  body.get(p.at).i32(least).plain('i32.add').set(x).get(p.w).set(w);
  body.repeat(
    height,
    [
      [x, shape.tap.row],
      [w, shape.weight.row],
    ],
    () => {
      weights.forEach((local, j) =>
        body
          .get(w)
          .loadSplat(j * shape.weight.column)
          .set(local),
      );
      for (const offset of [...meets.keys()].sort((a, b) => a - b)) {
        body
          .get(x)
          .load('v128', offset - least)
          .set(pixel);
        for (const [i, j] of meets.get(offset) ?? [])
          body.multiplyAdd(at(sums, i), at(weights, j), pixel);
      }
    },
  );
  sums.forEach((sum, i) => {
    const offset = i * shape.y.column;
    body.get(p.out);
    if (shape.relu) body.f32x4(0);
    body.get(sum);
    if (shape.add) body.get(p.out).load('v128', offset).vector('f32x4.add');
    if (shape.relu) body.vector('f32x4.pmax');
    body.store('v128', offset);
  });
  body.release('i32', x, w);
  body.release('v128', pixel, ...weights, ...sums);
}
