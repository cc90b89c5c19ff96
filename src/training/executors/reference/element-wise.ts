/** relu, dropout and their gradients, in float64. */
import { maskWords } from '../../dropout-mask.ts';
import { numberOf, type Op } from '../../plan/plan.ts';
import type { Step } from './tensors.ts';

export function relu(op: Op, { tensors }: Step): void {
  const x = tensors.at(op.inputs[0]);
  const y = tensors.at(op.outputs[0]);
  for (let i = 0; i < y.length; i++) y[i] = (x[i] ?? 0) > 0 ? (x[i] ?? 0) : 0;
}

export function reluGradient(op: Op, { tensors }: Step): void {
  const g = tensors.at(op.inputs[0]);
  const y = tensors.at(op.inputs[1]);
  const dx = tensors.at(op.outputs[0]);
  const add = op.accumulate[0] === true;
  for (let i = 0; i < dx.length; i++) dx[i] = (add ? (dx[i] ?? 0) : 0) + ((y[i] ?? 0) > 0 ? (g[i] ?? 0) : 0);
}

/** Forward and backward are the same product with the same mask. */
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
