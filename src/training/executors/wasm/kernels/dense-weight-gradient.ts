/**
 * Weight gradient of dense, one tile at a time: W'[u,f] += Σ_s g[u,s]·x[s,f]. Vectors run along f,
 * samples ascend. For weights that fit the L1 cache. Parameters: x (sample layout), g (tile
 * layout), W'.
 */
import type { Body, Local } from '../instructions.ts';
import { keyOf, type Kernel } from './kernel.ts';

export interface DenseWeightGradient {
  readonly units: number;
  readonly features: number;
  /** Distance between samples of x. */
  readonly sampleBytes: number;
}

const UNROLL = 8;

export function denseWeightGradient(shape: DenseWeightGradient): Kernel {
  return {
    key: keyOf('dense-weight-gradient', shape),
    parameters: 3,
    emit: (body, [x = 0, g = 0, column = 0]) => {
      emitProducts(body, shape, x, g, column);
    },
  };
}

function emitProducts(
  body: Body,
  dense: DenseWeightGradient,
  x: Local,
  gradient: Local,
  column: Local,
): void {
  const { units, features } = dense;
  const [to, g] = body.locals('i32', 2) as [Local, Local];
  const values = body.locals('v128', 4);
  const eachUnit = (unit: (k: number) => void): void => {
    body.get(column).set(to).get(gradient).set(g);
    body.repeat(
      Math.floor(units / UNROLL),
      [
        [to, UNROLL * features * 4],
        [g, UNROLL * 16],
      ],
      () => {
        for (let k = 0; k < UNROLL; k++) unit(k);
      },
    );
    for (let k = 0; k < units % UNROLL; k++) unit(k);
  };
  body.repeat(
    Math.floor(features / 4),
    [
      [x, 16],
      [column, 16],
    ],
    () => {
      values.forEach((value, s) =>
        body
          .get(x)
          .load('v128', s * dense.sampleBytes)
          .set(value),
      );
      eachUnit((k) => {
        const at = k * features * 4;
        body.get(to).get(to).load('v128', at);
        values.forEach((value, s) =>
          body
            .get(g)
            .loadSplat(16 * k + 4 * s)
            .get(value)
            .vector('f32x4.mul')
            .vector('f32x4.add'),
        );
        body.store('v128', at);
      });
    },
  );
  for (let f = 0; f < features % 4; f++) {
    eachUnit((k) => {
      const at = k * features * 4;
      body.get(to).get(to).load('f32', at);
      for (let s = 0; s < 4; s++)
        body
          .get(g)
          .load('f32', 16 * k + 4 * s)
          .get(x)
          .load('f32', s * dense.sampleBytes)
          .plain('f32.mul')
          .plain('f32.add');
      body.store('f32', at);
    });
    body.advance(x, 4).advance(column, 4);
  }
  body.release('i32', to, g);
  body.release('v128', ...values);
}
