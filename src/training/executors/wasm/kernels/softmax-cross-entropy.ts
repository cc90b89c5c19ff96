/**
 * softmax-cross-entropy of a tile: ℓ = M + log Σe^(z−M) − (1−s)z_y − s·mean z, M = max z. In
 * training its gradient overwrites the logits.
 */
import type { Body, Local } from '../instructions.ts';
import { eachPart } from './each-vector.ts';
import { pushExp, pushLog } from './elementary.ts';
import { FRAME, pushValidMask } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';
import { keepBest, nextClass, tallyHits, tallyLoss } from './tally.ts';

interface SoftmaxCrossEntropy {
  readonly classes: number;
  /** Overwrites the logits with (p − t)/n, exactly 0 at positions without a sample. */
  readonly training: boolean;
  /** True if label smoothing s is used; otherwise s = 0. */
  readonly smoothing: boolean;
}

/** Parameters (logits, labels: 4 int32, smoothing: f32, tally: Σloss and hits). */
export function softmaxCrossEntropy(shape: SoftmaxCrossEntropy): Kernel {
  const { classes, training } = shape;
  return {
    key: keyOf('softmax-cross-entropy', shape),
    parameters: 4,
    emit(body, [logits = 0, labels = 0, smoothing = 0, tally = 0]) {
      const at = body.local('i32');
      const statistics = body.locals('v128', 3) as [Local, Local, Local];
      const [top, zSum, sum] = statistics;
      const names = body.locals('v128', 8);
      const [z, best, k, label, zLabel, gate, kept, rest] = names as [
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      body.get(labels).load('v128').set(label).get(logits).load('v128').tee(top).set(zLabel);
      body.i32x4(0, 0, 0, 0).tee(best).set(k);
      pushValidMask(body);
      body.set(gate);
      // 1 − s and s/K
      pushSmoothing(body, shape, smoothing);
      body.set(rest).f32x4(1).get(rest).vector('f32x4.sub').set(kept);
      body
        .get(rest)
        .f32x4(1 / classes)
        .vector('f32x4.mul')
        .set(rest);
      eachClass(body, classes, logits, at, zSum, (part) => {
        body.get(at).load('v128').set(z);
        keepBest(body, z, k, top, best);
        body
          .get(z)
          .get(zLabel)
          .get(k)
          .get(label)
          .vector('i32x4.eq')
          .vector('v128.bitselect')
          .set(zLabel);
        body.get(part).get(z).vector('f32x4.add').set(part);
        nextClass(body, k);
      });
      eachClass(body, classes, logits, at, sum, (part) => {
        if (training) body.get(at);
        body.get(at).load('v128').get(top).vector('f32x4.sub');
        pushExp(body);
        body.tee(z);
        if (training) body.store('v128').get(z);
        body.get(part).vector('f32x4.add').set(part);
      });
      body.get(top).get(sum);
      pushLog(body);
      body.vector('f32x4.add').get(kept).get(zLabel).vector('f32x4.mul').vector('f32x4.sub');
      if (shape.smoothing) body.get(rest).get(zSum).vector('f32x4.mul').vector('f32x4.sub');
      body.set(z);
      tallyLoss(body, tally, z, gate);
      tallyHits(body, tally, best, label, gate);
      if (training) {
        body
          .f32x4(1)
          .get(sum)
          .vector('f32x4.div')
          .set(sum)
          .i32(FRAME.share)
          .loadSplat()
          .set(z)
          .i32x4(0, 0, 0, 0)
          .set(k);
        body.get(logits).set(at);
        body.repeat(classes, [[at, 16]], () => {
          body.get(at).get(at).load('v128').get(sum).vector('f32x4.mul');
          body
            .get(kept)
            .get(k)
            .get(label)
            .vector('i32x4.eq')
            .vector('v128.and')
            .get(rest)
            .vector('f32x4.add')
            .vector('f32x4.sub');
          body.get(z).vector('f32x4.mul').get(gate).vector('v128.and').store('v128');
          nextClass(body, k);
        });
      }
      body.release('i32', at);
      body.release('v128', ...statistics, ...names);
    },
  };
}

function pushSmoothing(body: Body, shape: SoftmaxCrossEntropy, smoothing: Local): void {
  if (shape.smoothing) body.get(smoothing).loadSplat();
  else body.f32x4(0);
}

/** Emits a loop over the classes that sums the values added to `part` in `total`. */
function eachClass(
  body: Body,
  classes: number,
  logits: Local,
  at: Local,
  total: Local,
  each: (part: Local) => void,
): void {
  const part = body.local('v128');
  body.get(logits).set(at).f32x4(0).set(total);
  eachPart(classes, (terms) => {
    body.f32x4(0).set(part);
    body.repeat(terms, [[at, 16]], () => each(part));
    body.get(total).get(part).vector('f32x4.add').set(total);
  });
  body.release('v128', part);
}
