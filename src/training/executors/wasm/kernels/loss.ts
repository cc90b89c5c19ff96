/** softmax-cross-entropy of a tile: adds Σloss and the hits to the lane's tallies; in training leaves the gradient in place of the logits. */
import type { Body, Local } from '../instructions.ts';
import { pushExp, pushLog } from './elementary.ts';
import { FRAME, LANE, pushLaneSum, pushValidMask, ROW } from './frame.ts';

export interface Loss {
  readonly logits: number;
  readonly classes: number;
  readonly training: boolean;
  /** Byte offset of the smoothing in the lane's row. */
  readonly smoothing: number | undefined;
  /** Byte offsets of the tallies in the lane's block: Σloss (f32), hits (i32). */
  readonly lossSum: number;
  readonly hits: number;
}

export function emitLoss(body: Body, loss: Loss): void {
  const at = body.local('i32');
  const names = body.locals('v128', 9);
  const [z, top, best, k, target, zTarget, zSum, gate, sum] = names as [Local, Local, Local, Local, Local, Local, Local, Local, Local];
  body.i32(FRAME.targets).load('v128').set(target);
  body.i32(loss.logits).load('v128').tee(top).tee(zTarget).set(zSum);
  body.i32x4(0, 0, 0, 0).tee(best).set(k);
  body.i32(loss.logits + 16).set(at);
  body.repeat(loss.classes - 1, [[at, 16]], () => {
    body.get(k).i32x4(1, 1, 1, 1).vector('i32x4.add').set(k);
    body.get(at).load('v128').tee(z).get(top).vector('f32x4.gt').set(gate);
    body.get(z).get(top).get(gate).vector('v128.bitselect').set(top);
    body.get(k).get(best).get(gate).vector('v128.bitselect').set(best);
    body.get(z).get(zTarget).get(k).get(target).vector('i32x4.eq').vector('v128.bitselect').set(zTarget);
    body.get(zSum).get(z).vector('f32x4.add').set(zSum);
  });
  body.f32x4(0).set(sum).i32(loss.logits).set(at);
  body.repeat(loss.classes, [[at, 16]], () => {
    body.get(at).get(at).load('v128').get(top).vector('f32x4.sub');
    pushExp(body);
    body.tee(z).store('v128').get(sum).get(z).vector('f32x4.add').set(sum);
  });
  tally(body, loss, { top, sum, zTarget, zSum, best, target, gate, z });
  if (loss.training) gradient(body, loss, { at, k, sum, target });
  body.release('i32', at);
  body.release('v128', ...names);
}

/** 1 − s or 1, in all lanes. */
function pushKept(body: Body, loss: Loss): void {
  body.f32x4(1);
  if (loss.smoothing !== undefined) body.get(ROW).loadSplat(loss.smoothing).vector('f32x4.sub');
}

function tally(body: Body, loss: Loss, v: Record<'top' | 'sum' | 'zTarget' | 'zSum' | 'best' | 'target' | 'gate' | 'z', Local>): void {
  body.get(v.top).get(v.sum);
  pushLog(body);
  body.vector('f32x4.add').get(v.zTarget);
  pushKept(body, loss);
  body.vector('f32x4.mul').vector('f32x4.sub');
  if (loss.smoothing !== undefined) {
    body
      .get(v.zSum)
      .get(ROW)
      .loadSplat(loss.smoothing)
      .f32x4(1 / loss.classes)
      .vector('f32x4.mul')
      .vector('f32x4.mul')
      .vector('f32x4.sub');
  }
  pushValidMask(body);
  body.tee(v.gate).vector('v128.and').set(v.z);
  body.get(LANE).get(LANE).load('f32', loss.lossSum);
  pushLaneSum(body, v.z);
  body.plain('f32.add').store('f32', loss.lossSum);
  body.get(LANE).get(LANE).load('i32', loss.hits);
  body.get(v.best).get(v.target).vector('i32x4.eq').get(v.gate).vector('v128.and').vector('i32x4.bitmask').plain('i32.popcnt');
  body.plain('i32.add').store('i32', loss.hits);
}

/** (p − t)/n in place of the powers, exactly 0 where no sample is. */
function gradient(body: Body, loss: Loss, { at, k, sum, target }: Record<'at' | 'k' | 'sum' | 'target', Local>): void {
  const [inverse, share, kept, rest, gate] = body.locals('v128', 5) as [Local, Local, Local, Local, Local];
  body.f32x4(1).get(sum).vector('f32x4.div').set(inverse).i32(FRAME.share).loadSplat().set(share);
  pushKept(body, loss);
  body.set(kept);
  if (loss.smoothing === undefined) body.f32x4(0);
  else
    body
      .get(ROW)
      .loadSplat(loss.smoothing)
      .f32x4(1 / loss.classes)
      .vector('f32x4.mul');
  body.set(rest);
  pushValidMask(body);
  body.set(gate).i32x4(0, 0, 0, 0).set(k).i32(loss.logits).set(at);
  body.repeat(loss.classes, [[at, 16]], () => {
    body.get(at).get(at).load('v128').get(inverse).vector('f32x4.mul');
    body.get(kept).get(k).get(target).vector('i32x4.eq').vector('v128.and').get(rest).vector('f32x4.add').vector('f32x4.sub');
    body.get(share).vector('f32x4.mul').get(gate).vector('v128.and').store('v128');
    body.get(k).i32x4(1, 1, 1, 1).vector('i32x4.add').set(k);
  });
  body.release('v128', inverse, share, kept, rest, gate);
}
