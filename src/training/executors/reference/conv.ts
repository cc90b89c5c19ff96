/** conv and its gradients, in float64, as plain sums. */
import { defined } from '../../../core/at.ts';
import { pairOf, type Op } from '../../plan/plan.ts';
import type { OpInputs, Tensors } from './tensors.ts';

/**
 * A run over the outputs for which one tap of one kernel plane is inside the image: first indices
 * and strides.
 */
class TapRun {
  weight = 0;
  x = 0;
  y = 0;
  rows = 0;
  columns = 0;
  xRow = 0;
  xColumn = 0;
  yRow = 0;
}

/**
 * Returns the first output and the number of outputs in 0 … size−1 for which `offset` (tap −
 * padding) is inside 0 … input−1.
 */
function reach(
  offset: number,
  stride: number,
  input: number,
  size: number,
): readonly [number, number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  const last = Math.min(size - 1, Math.floor((input - 1 - offset) / stride));
  return [first, Math.max(0, last - first + 1)];
}

/**
 * Visits every tap of every connected pair of an input plane and an output plane. The run is one
 * reused object.
 */
function eachTap(
  op: Op,
  tensors: Tensors,
  ids: { readonly input: number; readonly weight: number; readonly output: number },
  batch: number,
  visit: (run: Readonly<TapRun>) => void,
): void {
  const [c = 1, h = 1, w = 1] = tensors.shape(ids.input);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(ids.output);
  const perGroup = defined(tensors.shape(ids.weight)[1]);
  const [kernel, stride, padding] = [
    pairOf(op, 'kernel'),
    pairOf(op, 'stride'),
    pairOf(op, 'padding'),
  ];
  const groups = c / perGroup;
  const taps = kernel[0] * kernel[1];
  const run = new TapRun();
  [run.xRow, run.xColumn, run.yRow] = [stride[0] * w, stride[1], columns];
  // The tap is the outermost loop, because its range is the same for every plane.
  for (let tap = 0; tap < taps; tap++) {
    const dy = Math.floor(tap / kernel[1]) - padding[0];
    const dx = (tap % kernel[1]) - padding[1];
    const [row, rowCount] = reach(dy, stride[0], h, rows);
    const [column, columnCount] = reach(dx, stride[1], w, columns);
    if (rowCount === 0 || columnCount === 0) continue;
    [run.rows, run.columns] = [rowCount, columnCount];
    const from = (row * stride[0] + dy) * w + column * stride[1] + dx;
    const to = row * columns + column;
    for (let b = 0; b < batch; b++) {
      for (let filter = 0; filter < o; filter++) {
        const first = b * c + Math.floor(filter / (o / groups)) * perGroup;
        run.y = (b * o + filter) * rows * columns + to;
        for (let k = 0; k < perGroup; k++) {
          run.x = (first + k) * h * w + from;
          run.weight = (filter * perGroup + k) * taps + tap;
          visit(run);
        }
      }
    }
  }
}

export function conv(op: Op, { tensors, batch }: OpInputs): void {
  const [input = -1, weight = -1, bias] = op.inputs;
  const [output = -1] = op.outputs;
  const x = tensors.at(input);
  const weights = tensors.at(weight);
  const y = tensors.at(output);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(output);
  const b = bias === undefined ? undefined : tensors.at(bias);
  for (let i = 0; i < batch * o * rows * columns; i++)
    y[i] = b?.[Math.floor(i / (rows * columns)) % o] ?? 0;
  eachTap(op, tensors, { input, weight, output }, batch, (run) => {
    const w = defined(weights[run.weight]);
    for (let r = 0; r < run.rows; r++) {
      let from = run.x + r * run.xRow;
      const first = run.y + r * run.yRow;
      for (let to = first; to < first + run.columns; to++, from += run.xColumn)
        y[to] = defined(y[to]) + w * defined(x[from]);
    }
  });
}

export function convWeightGradient(op: Op, { tensors, batch }: OpInputs): void {
  const [input = -1, output = -1] = op.inputs;
  const [weight = -1, bias] = op.outputs;
  const x = tensors.at(input);
  const g = tensors.at(output);
  const dw = tensors.at(weight).fill(0);
  eachTap(op, tensors, { input, weight, output }, batch, (run) => {
    let sum = defined(dw[run.weight]);
    for (let r = 0; r < run.rows; r++) {
      let from = run.x + r * run.xRow;
      const first = run.y + r * run.yRow;
      for (let at = first; at < first + run.columns; at++, from += run.xColumn)
        sum += defined(g[at]) * defined(x[from]);
    }
    dw[run.weight] = sum;
  });
  if (bias === undefined) return;
  const db = tensors.at(bias).fill(0);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(output);
  for (let i = 0; i < batch * o * rows * columns; i++) {
    const filter = Math.floor(i / (rows * columns)) % o;
    db[filter] = defined(db[filter]) + defined(g[i]);
  }
}

export function convInputGradient(op: Op, { tensors, batch }: OpInputs): void {
  const [output = -1, weight = -1] = op.inputs;
  const [input = -1] = op.outputs;
  const weights = tensors.at(weight);
  const g = tensors.at(output);
  const dx = tensors.at(input);
  if (op.accumulate[0] !== true) dx.fill(0);
  eachTap(op, tensors, { input, weight, output }, batch, (run) => {
    const w = defined(weights[run.weight]);
    for (let r = 0; r < run.rows; r++) {
      let to = run.x + r * run.xRow;
      const first = run.y + r * run.yRow;
      for (let at = first; at < first + run.columns; at++, to += run.xColumn)
        dx[to] = defined(dx[to]) + w * defined(g[at]);
    }
  });
}
