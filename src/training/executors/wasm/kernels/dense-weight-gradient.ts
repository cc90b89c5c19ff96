/** dense: W'[u,f] += Σ_s g[u,s]·x[s,f] and b'[u] += Σ_s g[u,s] of a tile; vectors run along f, samples ascending. */
import type { Body, Local } from '../instructions.ts';
import { LANE, pushLaneSum } from './frame.ts';

export interface DenseWeightGradient {
  readonly units: number;
  readonly features: number;
  /** Sample layout. */
  readonly x: { readonly address: number; readonly sampleBytes: number };
  /** Tile layout. */
  readonly gradient: number;
  /** Byte offsets into the lane's block. */
  readonly weightGradient: number;
  readonly biasGradient: number | undefined;
}

const UNROLL = 8;

export function emitDenseWeightGradient(body: Body, dense: DenseWeightGradient): void {
  const { units, features } = dense;
  const [x, column, to, g] = body.locals('i32', 4) as [Local, Local, Local, Local];
  const values = body.locals('v128', 4);
  const eachUnit = (unit: (k: number) => void): void => {
    body.get(column).set(to).i32(dense.gradient).set(g);
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
  body.i32(dense.x.address).set(x).get(LANE).i32(dense.weightGradient).plain('i32.add').set(column);
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
          .load('v128', s * dense.x.sampleBytes)
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
          .load('f32', s * dense.x.sampleBytes)
          .plain('f32.mul')
          .plain('f32.add');
      body.store('f32', at);
    });
    body.advance(x, 4).advance(column, 4);
  }
  if (dense.biasGradient !== undefined) emitBiasGradient(body, dense.biasGradient, units, dense.gradient);
  body.release('i32', x, column, to, g);
  body.release('v128', ...values);
}

function emitBiasGradient(body: Body, biasGradient: number, units: number, gradient: number): void {
  const [to, g] = body.locals('i32', 2) as [Local, Local];
  const value = body.local('v128');
  body.get(LANE).i32(biasGradient).plain('i32.add').set(to).i32(gradient).set(g);
  body.repeat(
    units,
    [
      [to, 4],
      [g, 16],
    ],
    () => {
      body.get(g).load('v128').set(value).get(to).get(to).load('f32');
      pushLaneSum(body, value);
      body.plain('f32.add').store('f32');
    },
  );
  body.release('i32', to, g);
  body.release('v128', value);
}
