/** dense and its gradients, in float64. */
import type { Op } from '../../plan/plan.ts';
import type { Step } from './tensors.ts';

export function dense(op: Op, { tensors, batch }: Step): void {
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
        sum += (w[u * features + f] ?? 0) * (x[s * features + f] ?? 0);
      y[s * units + u] = sum;
    }
  }
}

export function denseWeightGradient(op: Op, { tensors, batch }: Step): void {
  const [input, gradient] = op.inputs;
  const [weight, bias] = op.outputs;
  const [units = 0, features = 0] = tensors.shape(weight);
  const x = tensors.at(input);
  const g = tensors.at(gradient);
  const dw = tensors.at(weight).fill(0);
  const db = bias === undefined ? undefined : tensors.at(bias).fill(0);
  for (let s = 0; s < batch; s++) {
    for (let u = 0; u < units; u++) {
      const gu = g[s * units + u] ?? 0;
      for (let f = 0; f < features; f++)
        dw[u * features + f] = (dw[u * features + f] ?? 0) + gu * (x[s * features + f] ?? 0);
      if (db !== undefined) db[u] = (db[u] ?? 0) + gu;
    }
  }
}

export function denseInputGradient(op: Op, { tensors, batch }: Step): void {
  const [gradient, weight] = op.inputs;
  const [input] = op.outputs;
  const [units = 0, features = 0] = tensors.shape(weight);
  const w = tensors.at(weight);
  const g = tensors.at(gradient);
  const dx = tensors.at(input);
  const add = op.accumulate[0] === true;
  for (let s = 0; s < batch; s++) {
    for (let f = 0; f < features; f++) {
      let sum = add ? (dx[s * features + f] ?? 0) : 0;
      for (let u = 0; u < units; u++) sum += (w[u * features + f] ?? 0) * (g[s * units + u] ?? 0);
      dx[s * features + f] = sum;
    }
  }
}
