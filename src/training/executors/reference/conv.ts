/** conv and its gradients, in float64, as plain sums. */
import { pairOf, type Op } from '../../plan/plan.ts';
import type { Step, Tensors } from './tensors.ts';
import { tapsOf, type Taps } from './windows.ts';

interface Planes extends Taps {
  /** First indices of a pair of planes in the input, the output and the weight. */
  readonly x: number;
  readonly y: number;
  readonly w: number;
}

/** Visits every pair of an input plane and an output plane that a kernel connects, sample by sample. */
function eachPlane(
  op: Op,
  tensors: Tensors,
  input: number,
  weight: number,
  output: number,
  batch: number,
  visit: (planes: Planes) => void,
): void {
  const [c = 1, h = 1, w = 1] = tensors.shape(input);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(output);
  const perGroup = tensors.shape(weight)[1] ?? 1;
  const kernel = pairOf(op, 'kernel');
  const groups = c / perGroup;
  const taps = tapsOf({ input: [h, w], output: [rows, columns], kernel, stride: pairOf(op, 'stride'), padding: pairOf(op, 'padding') });
  for (let b = 0; b < batch; b++) {
    for (let filter = 0; filter < o; filter++) {
      const first = Math.floor(filter / (o / groups)) * perGroup;
      for (let k = 0; k < perGroup; k++) {
        visit({
          ...taps,
          x: (b * c + first + k) * h * w,
          y: (b * o + filter) * rows * columns,
          w: (filter * perGroup + k) * kernel[0] * kernel[1],
        });
      }
    }
  }
}

/** For every tap: to[…] += a[…]·b[…], the three being the planes' output, weight and input in some order. */
function accumulate(
  to: Float64Array,
  toAt: Int32Array,
  toBase: number,
  a: Float64Array,
  aAt: Int32Array,
  aBase: number,
  b: Float64Array,
  bAt: Int32Array,
  bBase: number,
): void {
  for (let i = 0; i < toAt.length; i++) {
    const at = toBase + (toAt[i] ?? 0);
    to[at] = (to[at] ?? 0) + (a[aBase + (aAt[i] ?? 0)] ?? 0) * (b[bBase + (bAt[i] ?? 0)] ?? 0);
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
  eachPlane(op, tensors, input, weight, output, batch, (p) => {
    accumulate(y, p.output, p.y, w, p.tap, p.w, x, p.input, p.x);
  });
}

export function convWeightGradient(op: Op, { tensors, batch }: Step): void {
  const [input = -1, gradient = -1] = op.inputs;
  const [weight = -1, bias] = op.outputs;
  const x = tensors.at(input);
  const g = tensors.at(gradient);
  const dw = tensors.at(weight).fill(0);
  eachPlane(op, tensors, input, weight, gradient, batch, (p) => {
    accumulate(dw, p.tap, p.w, g, p.output, p.y, x, p.input, p.x);
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
  eachPlane(op, tensors, input, weight, gradient, batch, (p) => {
    accumulate(dx, p.input, p.x, w, p.tap, p.w, g, p.output, p.y);
  });
}
