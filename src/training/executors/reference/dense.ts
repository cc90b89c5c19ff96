/** dense and its gradients, in float64. */
import { defined } from '../../../core/at.ts';
import type { Op } from '../../plan/plan.ts';
import type { OpInputs } from './tensors.ts';

export function dense(op: Op, { tensors, batch }: OpInputs): void {
  const [input, weight, bias] = op.inputs;
  const [output] = op.outputs;
  const [units = 0, features = 0] = tensors.shape(weight);
  const x = tensors.at(input);
  const w = tensors.at(weight);
  const y = tensors.at(output);
  const b = bias === undefined ? undefined : tensors.at(bias);
  for (let s = 0; s < batch; s++) {
    for (let u = 0; u < units; u++) {
      let sum = b?.[u] ?? 0;
      for (let f = 0; f < features; f++)
        sum += defined(w[u * features + f]) * defined(x[s * features + f]);
      y[s * units + u] = sum;
    }
  }
}

export function denseWeightGradient(op: Op, { tensors, batch }: OpInputs): void {
  const [input, gradient] = op.inputs;
  const [weight, bias] = op.outputs;
  const [units = 0, features = 0] = tensors.shape(weight);
  const x = tensors.at(input);
  const g = tensors.at(gradient);
  const dw = tensors.at(weight).fill(0);
  const db = bias === undefined ? undefined : tensors.at(bias).fill(0);
  for (let s = 0; s < batch; s++) {
    for (let u = 0; u < units; u++) {
      const gu = defined(g[s * units + u]);
      for (let f = 0; f < features; f++)
        dw[u * features + f] = defined(dw[u * features + f]) + gu * defined(x[s * features + f]);
      if (db !== undefined) db[u] = defined(db[u]) + gu;
    }
  }
}

export function denseInputGradient(op: Op, { tensors, batch }: OpInputs): void {
  const [gradient, weight] = op.inputs;
  const [input] = op.outputs;
  const [units = 0, features = 0] = tensors.shape(weight);
  const w = tensors.at(weight);
  const g = tensors.at(gradient);
  const dx = tensors.at(input);
  const add = op.accumulate[0] === true;
  for (let s = 0; s < batch; s++) {
    for (let f = 0; f < features; f++) {
      let sum = add ? defined(dx[s * features + f]) : 0;
      for (let u = 0; u < units; u++)
        sum += defined(w[u * features + f]) * defined(g[s * units + u]);
      dx[s * features + f] = sum;
    }
  }
}
