/** dropout, in float64. The gradient is the same product with the same mask. */
import { defined } from '../../../core/at.ts';
import { numberOf, type Op } from '../../plan/plan.ts';
import { maskWords } from '../../run/dropout-mask.ts';
import type { OpInputs } from './tensors.ts';

export function dropout(op: Op, step: OpInputs): void {
  const x = step.tensors.at(op.inputs[0]);
  const y = step.tensors.at(op.outputs[0]);
  const features = numberOf(op, 'features');
  const threshold = defined(step.words[defined(op.hyper[0])]);
  const scale = defined(step.floats[defined(op.hyper[1])]);
  const add = op.accumulate[0] === true;
  const words = new Uint32Array(features);
  for (let b = 0; b < step.batch; b++) {
    maskWords(step.key, numberOf(op, 'ordinal'), step.trial, step.step, b, features, words);
    for (let f = 0; f < features; f++) {
      const i = b * features + f;
      y[i] =
        (add ? defined(y[i]) : 0) + (defined(words[f]) < threshold ? 0 : defined(x[i]) * scale);
    }
  }
}
