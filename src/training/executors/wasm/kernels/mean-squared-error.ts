/**
 * mean-squared-error of a tile: ℓ = Σ(z−t)²/U, where t are numbers or the one-hot vector of a
 * class. In training its gradient overwrites the prediction.
 */
import type { Local } from '../instructions.ts';
import { eachPart } from './each-vector.ts';
import { FRAME, pushValidMask } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';
import { keepBest, nextClass, tallyHits, tallyLoss } from './tally.ts';

interface MeanSquaredError {
  readonly units: number;
  /** Overwrites the prediction with 2(z − t)/(nU), exactly 0 at positions without a sample. */
  readonly training: boolean;
  readonly targets: 'classes' | 'numbers';
}

/**
 * Parameters (z, t: 4 int32 classes or a tile of `units` numbers, tally: Σloss and hits; numbers
 * have no hits).
 */
export function meanSquaredError(shape: MeanSquaredError): Kernel {
  const { units, training } = shape;
  const classes = shape.targets === 'classes';
  return {
    key: keyOf('mean-squared-error', shape),
    parameters: 3,
    emit(body, [z = 0, targets = 0, tally = 0]) {
      const names = body.locals('v128', 9);
      const [value, total, part, scale, gate, top, best, k, label] = names as [
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
        Local,
      ];
      pushValidMask(body);
      body
        .set(gate)
        .i32(FRAME.share)
        .loadSplat()
        .f32x4(2 / units)
        .vector('f32x4.mul')
        .set(scale);
      if (classes) {
        body.get(targets).load('v128').set(label).get(z).load('v128').set(top);
        body.i32x4(0, 0, 0, 0).tee(best).set(k);
      }
      body.f32x4(0).set(total);
      eachPart(units, (terms) => {
        body.f32x4(0).set(part);
        body.repeat(
          terms,
          classes
            ? [[z, 16]]
            : [
                [z, 16],
                [targets, 16],
              ],
          () => {
            body.get(z).load('v128').set(value);
            if (classes) keepBest(body, value, k, top, best);
            body.get(value);
            if (classes) body.f32x4(1).get(k).get(label).vector('i32x4.eq').vector('v128.and');
            else body.get(targets).load('v128');
            body.vector('f32x4.sub').set(value);
            if (classes) nextClass(body, k);
            if (training)
              body
                .get(z)
                .get(value)
                .get(scale)
                .vector('f32x4.mul')
                .get(gate)
                .vector('v128.and')
                .store('v128');
            body.get(part).get(value).get(value).vector('f32x4.mul').vector('f32x4.add').set(part);
          },
        );
        body.get(total).get(part).vector('f32x4.add').set(total);
      });
      body.get(total).f32x4(units).vector('f32x4.div').set(total);
      tallyLoss(body, tally, total, gate);
      if (classes) tallyHits(body, tally, best, label, gate);
      body.release('v128', ...names);
    },
  };
}
