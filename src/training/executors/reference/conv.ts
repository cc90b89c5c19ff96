/** conv and its gradients, in float64, as plain sums. */
import { pairOf, type Op } from '../../plan/plan.ts';
import type { Step, Tensors } from './tensors.ts';

/** One tap of one kernel plane over the outputs whose input pixel is inside the image: first indices and steps. */
interface TapRun {
  readonly weight: number;
  readonly x: number;
  readonly y: number;
  readonly rows: number;
  readonly columns: number;
  readonly xRow: number;
  readonly xColumn: number;
  readonly yRow: number;
}

/** Outputs 0 … size−1 that tap `offset` (tap − padding) reaches inside 0 … input−1: first and count. */
function reach(offset: number, stride: number, input: number, size: number): readonly [number, number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  const last = Math.min(size - 1, Math.floor((input - 1 - offset) / stride));
  return [first, Math.max(0, last - first + 1)];
}

/** Visits every tap of every pair of an input plane and an output plane that a kernel connects, sample by sample. */
function eachTap(
  op: Op,
  tensors: Tensors,
  ids: { readonly input: number; readonly weight: number; readonly output: number },
  batch: number,
  visit: (run: TapRun) => void,
): void {
  const [c = 1, h = 1, w = 1] = tensors.shape(ids.input);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(ids.output);
  const perGroup = tensors.shape(ids.weight)[1] ?? 1;
  const [kernel, stride, padding] = [pairOf(op, 'kernel'), pairOf(op, 'stride'), pairOf(op, 'padding')];
  const groups = c / perGroup;
  for (let plane = 0; plane < batch * o * perGroup; plane++) {
    const k = plane % perGroup;
    const filter = Math.floor(plane / perGroup) % o;
    const b = Math.floor(plane / (perGroup * o));
    const channel = Math.floor(filter / (o / groups)) * perGroup + k;
    for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
      const dy = Math.floor(tap / kernel[1]) - padding[0];
      const dx = (tap % kernel[1]) - padding[1];
      const [row, rowCount] = reach(dy, stride[0], h, rows);
      const [column, columnCount] = reach(dx, stride[1], w, columns);
      if (rowCount === 0 || columnCount === 0) continue;
      visit({
        weight: (filter * perGroup + k) * kernel[0] * kernel[1] + tap,
        x: (b * c + channel) * h * w + (row * stride[0] + dy) * w + column * stride[1] + dx,
        y: (b * o + filter) * rows * columns + row * columns + column,
        rows: rowCount,
        columns: columnCount,
        xRow: stride[0] * w,
        xColumn: stride[1],
        yRow: columns,
      });
    }
  }
}

export function conv(op: Op, { tensors, batch }: Step): void {
  const [input = -1, weight = -1, bias] = op.inputs;
  const [output = -1] = op.outputs;
  const x = tensors.at(input);
  const weights = tensors.at(weight);
  const y = tensors.at(output);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(output);
  const b = bias === undefined ? undefined : tensors.at(bias);
  for (let i = 0; i < batch * o * rows * columns; i++) y[i] = b?.[Math.floor(i / (rows * columns)) % o] ?? 0;
  eachTap(op, tensors, { input, weight, output }, batch, (run) => {
    const w = weights[run.weight] ?? 0;
    for (let r = 0; r < run.rows; r++) {
      let from = run.x + r * run.xRow;
      const first = run.y + r * run.yRow;
      for (let to = first; to < first + run.columns; to++, from += run.xColumn) y[to] = (y[to] ?? 0) + w * (x[from] ?? 0);
    }
  });
}

export function convWeightGradient(op: Op, { tensors, batch }: Step): void {
  const [input = -1, output = -1] = op.inputs;
  const [weight = -1, bias] = op.outputs;
  const x = tensors.at(input);
  const g = tensors.at(output);
  const dw = tensors.at(weight).fill(0);
  eachTap(op, tensors, { input, weight, output }, batch, (run) => {
    let sum = dw[run.weight] ?? 0;
    for (let r = 0; r < run.rows; r++) {
      let from = run.x + r * run.xRow;
      const first = run.y + r * run.yRow;
      for (let at = first; at < first + run.columns; at++, from += run.xColumn) sum += (g[at] ?? 0) * (x[from] ?? 0);
    }
    dw[run.weight] = sum;
  });
  if (bias === undefined) return;
  const db = tensors.at(bias).fill(0);
  const [o = 1, rows = 1, columns = 1] = tensors.shape(output);
  for (let i = 0; i < batch * o * rows * columns; i++) {
    const filter = Math.floor(i / (rows * columns)) % o;
    db[filter] = (db[filter] ?? 0) + (g[i] ?? 0);
  }
}

export function convInputGradient(op: Op, { tensors, batch }: Step): void {
  const [output = -1, weight = -1] = op.inputs;
  const [input = -1] = op.outputs;
  const weights = tensors.at(weight);
  const g = tensors.at(output);
  const dx = tensors.at(input);
  if (op.accumulate[0] !== true) dx.fill(0);
  eachTap(op, tensors, { input, weight, output }, batch, (run) => {
    const w = weights[run.weight] ?? 0;
    for (let r = 0; r < run.rows; r++) {
      let to = run.x + r * run.xRow;
      const first = run.y + r * run.yRow;
      for (let at = first; at < first + run.columns; at++, to += run.xColumn) dx[to] = (dx[to] ?? 0) + w * (g[at] ?? 0);
    }
  });
}
