/** max-pool by itself: the first of the largest of each window, and the scatter of its gradient. */
import type { Body, Local } from '../instructions.ts';

export interface MaxPool {
  readonly channels: number;
  /** Tile layout, unpadded or with a border of −∞ around each plane. */
  readonly input: { readonly address: number; readonly rows: number; readonly columns: number };
  readonly output: { readonly address: number; readonly rows: number; readonly columns: number };
  /** Per output, the winner's byte offset from its window's corner in the unpadded input. */
  readonly code: number;
  /** Columns of the unpadded input. */
  readonly width: number;
  readonly size: readonly [number, number];
  readonly stride: readonly [number, number];
}

export function emitMaxPool(body: Body, pool: MaxPool): void {
  const { input, output, stride, size } = pool;
  const [plane, row, at, out] = body.locals('i32', 4) as [Local, Local, Local, Local];
  const [best, code, value, greater] = body.locals('v128', 4) as [Local, Local, Local, Local];
  body.i32(input.address).set(plane).i32(output.address).set(out);
  body.repeat(pool.channels, [[plane, input.rows * input.columns * 16]], () => {
    body.get(plane).set(row);
    body.repeat(output.rows, [[row, stride[0] * input.columns * 16]], () => {
      body.get(row).set(at);
      body.repeat(
        output.columns,
        [
          [at, stride[1] * 16],
          [out, 16],
        ],
        () => {
          body.get(at).load('v128').set(best).i32x4(0, 0, 0, 0).set(code);
          for (let tap = 1; tap < size[0] * size[1]; tap++) {
            const [i, j] = [Math.floor(tap / size[1]), tap % size[1]];
            const offset = (i * pool.width + j) * 16;
            body
              .get(at)
              .load('v128', (i * input.columns + j) * 16)
              .tee(value)
              .get(best)
              .vector('f32x4.gt')
              .set(greater);
            body.get(best).get(value).vector('f32x4.pmax').set(best);
            body.i32x4(offset, offset, offset, offset).get(code).get(greater).vector('v128.bitselect').set(code);
          }
          body.get(out).get(best).store('v128');
          body
            .get(out)
            .i32(pool.code - output.address)
            .plain('i32.add')
            .get(code)
            .store('v128');
        },
      );
    });
  });
  body.release('i32', plane, row, at, out);
  body.release('v128', best, code, value, greater);
}

export interface MaxPoolGradient {
  readonly channels: number;
  /** Tile layouts. */
  readonly gradient: { readonly address: number; readonly rows: number; readonly columns: number };
  readonly code: number;
  readonly input: { readonly address: number; readonly rows: number; readonly columns: number };
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly accumulate: boolean;
}

export function emitMaxPoolGradient(body: Body, pool: MaxPoolGradient): void {
  const { gradient, input, stride, padding } = pool;
  if (!pool.accumulate) body.clear(input.address, pool.channels * input.rows * input.columns * 16);
  const [plane, row, corner, from, to] = body.locals('i32', 5) as [Local, Local, Local, Local, Local];
  const code = body.local('v128');
  body
    .i32(input.address - (padding[0] * input.columns + padding[1]) * 16)
    .set(plane)
    .i32(gradient.address)
    .set(from);
  body.repeat(pool.channels, [[plane, input.rows * input.columns * 16]], () => {
    body.get(plane).set(row);
    body.repeat(gradient.rows, [[row, stride[0] * input.columns * 16]], () => {
      body.get(row).set(corner);
      body.repeat(
        gradient.columns,
        [
          [corner, stride[1] * 16],
          [from, 16],
        ],
        () => {
          body
            .get(from)
            .i32(pool.code - gradient.address)
            .plain('i32.add')
            .load('v128')
            .set(code);
          for (let s = 0; s < 4; s++) {
            body.get(corner).get(code).extract('i32', s).plain('i32.add').tee(to);
            body
              .get(to)
              .load('f32', 4 * s)
              .get(from)
              .load('f32', 4 * s)
              .plain('f32.add')
              .store('f32', 4 * s);
          }
        },
      );
    });
  });
  body.release('i32', plane, row, corner, from, to);
  body.release('v128', code);
}

/** Fills a buffer with −∞. */
export function emitNegativeInfinity(body: Body, address: number, vectors: number): void {
  const to = body.local('i32');
  body.i32(address).set(to);
  body.repeat(vectors, [[to, 16]], () => body.get(to).f32x4(-Infinity).store('v128'));
  body.release('i32', to);
}
