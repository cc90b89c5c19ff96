/** sgd over the lane's block: g ← g + λw; v ← μv + g; w ← w − α·v. Float32, in the order written; clears the gradients. */
import type { Body, Local } from '../instructions.ts';
import { LANE, ROW } from './frame.ts';

export interface Sgd {
  /** Runs of floats of the block that decay alike: first float, count (multiple of 4). */
  readonly runs: readonly { readonly first: number; readonly count: number; readonly decay: boolean }[];
  readonly momentum: boolean;
  readonly nesterov: boolean;
  /** Bytes of a lane's weights; slot and gradients follow at these byte offsets. */
  readonly slot: number;
  readonly gradient: number;
  /** Byte offsets of α, μ, λ in the lane's row. */
  readonly columns: readonly [number, number, number];
}

export function emitSgd(body: Body, sgd: Sgd): void {
  const at = body.local('i32');
  const [alpha, mu, lambda, w, g, v] = body.locals('v128', 6) as [Local, Local, Local, Local, Local, Local];
  [alpha, mu, lambda].forEach((value, i) =>
    body
      .get(ROW)
      .loadSplat(sgd.columns[i] ?? 0)
      .set(value),
  );
  for (const run of sgd.runs) {
    body
      .get(LANE)
      .i32(run.first * 4)
      .plain('i32.add')
      .set(at);
    body.repeat(run.count / 4, [[at, 16]], () => {
      body.get(at).load('v128').set(w).get(at).load('v128', sgd.gradient).set(g);
      body.get(at).f32x4(0).store('v128', sgd.gradient);
      if (run.decay) body.get(g).get(lambda).get(w).vector('f32x4.mul').vector('f32x4.add').set(g);
      if (sgd.momentum) {
        body.get(at).get(mu).get(at).load('v128', sgd.slot).vector('f32x4.mul').get(g).vector('f32x4.add').tee(v).store('v128', sgd.slot);
        if (sgd.nesterov) body.get(g).get(mu).get(v).vector('f32x4.mul').vector('f32x4.add').set(v);
      } else body.get(g).set(v);
      body.get(at).get(w).get(alpha).get(v).vector('f32x4.mul').vector('f32x4.sub').store('v128');
    });
  }
  body.release('i32', at);
  body.release('v128', alpha, mu, lambda, w, g, v);
}
