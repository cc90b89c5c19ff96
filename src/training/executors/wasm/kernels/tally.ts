/**
 * A lane's tallies, to which every loss adds: Σloss (f32), followed by the number of correct
 * predictions (i32).
 */
import type { Body, Local } from '../instructions.ts';
import { pushLaneSum } from './frame.ts';

/** Adds the losses of the samples in `gate`. Overwrites `loss`. */
export function tallyLoss(body: Body, tally: Local, loss: Local, gate: Local): void {
  body.get(loss).get(gate).vector('v128.and').set(loss);
  body.get(tally).get(tally).load('f32');
  pushLaneSum(body, loss);
  body.plain('f32.add').store('f32');
}

/** Adds the number of samples in `gate` whose best class is the label. */
export function tallyHits(body: Body, tally: Local, best: Local, label: Local, gate: Local): void {
  body.get(tally).get(tally).load('i32', 4);
  body
    .get(best)
    .get(label)
    .vector('i32x4.eq')
    .get(gate)
    .vector('v128.and')
    .vector('i32x4.bitmask')
    .plain('i32.popcnt');
  body.plain('i32.add').store('i32', 4);
}

/**
 * One step of an argmax: takes value `z` of class `k` if it is greater than `top`; the first of
 * equal values wins.
 */
export function keepBest(body: Body, z: Local, k: Local, top: Local, best: Local): void {
  const greater = body.local('v128');
  body.get(z).get(top).vector('f32x4.gt').set(greater);
  body.get(z).get(top).get(greater).vector('v128.bitselect').set(top);
  body.get(k).get(best).get(greater).vector('v128.bitselect').set(best);
  body.release('v128', greater);
}

/** Increments the class index. */
export function nextClass(body: Body, k: Local): void {
  body.get(k).i32x4(1, 1, 1, 1).vector('i32x4.add').set(k);
}
