/** dropout, in float64. The gradient is the same product with the same mask. */
import { numberOf, type Op } from '../../plan/plan.ts';
import { maskWords } from '../../run/dropout-mask.ts';
import type { Step } from './tensors.ts';

export function dropout(op: Op, step: Step): void {
  const x = step.tensors.at(op.inputs[0]);
  const y = step.tensors.at(op.outputs[0]);
  const features = numberOf(op, 'features');
  const threshold = step.words[op.hyper[0] ?? -1] ?? 0;
  const scale = step.floats[op.hyper[1] ?? -1] ?? 1;
  const add = op.accumulate[0] === true;
  const words = new Uint32Array(features);
  for (let b = 0; b < step.batch; b++) {
    maskWords(step.key, numberOf(op, 'ordinal'), step.trial, step.step, b, features, words);
    for (let f = 0; f < features; f++) {
      const i = b * features + f;
      y[i] = (add ? (y[i] ?? 0) : 0) + ((words[f] ?? 0) < threshold ? 0 : (x[i] ?? 0) * scale);
    }
  }
}
