/** conv and its gradients, in float64, as plain sums. */
import { pairOf, type Op } from '../../plan/plan.ts';
import type { Step, Tensors } from './tensors.ts';
import { eachTap, type Geometry } from './windows.ts';

/** Visits every product: sample, weight index, input index, output index. */
function eachProduct(
  op: Op,
  tensors: Tensors,
  input: number,
  weight: number,
  output: number,
  batch: number,
  visit: (w: number, x: number, y: number) => void,
): void {
  const [c = 1, h = 1, w = 1] = tensors.shape(input);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(output);
  const perGroup = tensors.shape(weight)[1] ?? 1;
  const kernel = pairOf(op, 'kernel');
  const taps = kernel[0] * kernel[1];
  const groups = c / perGroup;
  const geometry: Geometry = {
    input: [h, w],
    output: [rows, columns],
    kernel,
    stride: pairOf(op, 'stride'),
    padding: pairOf(op, 'padding'),
  };
  for (let b = 0; b < batch; b++) {
    for (let filter = 0; filter < o; filter++) {
      const first = Math.floor(filter / (o / groups)) * perGroup;
      for (let k = 0; k < perGroup; k++) {
        const inputBase = (b * c + first + k) * h * w;
        const outputBase = (b * o + filter) * rows * columns;
        const weightBase = (filter * perGroup + k) * taps;
        eachTap(geometry, (at, tap, from) => {
          visit(weightBase + tap, inputBase + from, outputBase + at);
        });
      }
    }
  }
}

export function conv(op: Op, { tensors, batch }: Step): void {
  const [input = -1, weight = -1, bias] = op.inputs;
  const [output = -1] = op.outputs;
  const x = tensors.at(input);
  const w = tensors.at(weight);
  const y = tensors.at(output);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(output);
  const b = bias === undefined ? undefined : tensors.at(bias);
  for (let i = 0; i < batch * o * rows * columns; i++) y[i] = b?.[Math.floor(i / (rows * columns)) % o] ?? 0;
  eachProduct(op, tensors, input, weight, output, batch, (wi, xi, yi) => {
    y[yi] = (y[yi] ?? 0) + (w[wi] ?? 0) * (x[xi] ?? 0);
  });
}

export function convWeightGradient(op: Op, { tensors, batch }: Step): void {
  const [input = -1, gradient = -1] = op.inputs;
  const [weight = -1, bias] = op.outputs;
  const x = tensors.at(input);
  const g = tensors.at(gradient);
  const dw = tensors.at(weight).fill(0);
  eachProduct(op, tensors, input, weight, gradient, batch, (wi, xi, yi) => {
    dw[wi] = (dw[wi] ?? 0) + (g[yi] ?? 0) * (x[xi] ?? 0);
  });
  if (bias === undefined) return;
  const db = tensors.at(bias).fill(0);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(gradient);
  for (let i = 0; i < batch * o * rows * columns; i++) {
    const filter = Math.floor(i / (rows * columns)) % o;
    db[filter] = (db[filter] ?? 0) + (g[i] ?? 0);
  }
}

export function convInputGradient(op: Op, { tensors, batch }: Step): void {
  const [gradient = -1, weight = -1] = op.inputs;
  const [input = -1] = op.outputs;
  const w = tensors.at(weight);
  const g = tensors.at(gradient);
  const dx = tensors.at(input);
  if (op.accumulate[0] !== true) dx.fill(0);
  eachProduct(op, tensors, input, weight, gradient, batch, (wi, xi, yi) => {
    dx[xi] = (dx[xi] ?? 0) + (w[wi] ?? 0) * (g[yi] ?? 0);
  });
}
