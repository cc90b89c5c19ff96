/** average-pool (padding is not counted), global-average-pool, and their gradients, in float64. */
import { elements, type Op } from '../../plan/plan.ts';
import { poolGeometry } from './max-pool.ts';
import type { Step, Tensors } from './tensors.ts';
import { tapsOf } from './windows.ts';

/**
 * Visits every tap inside the image, for every window of every plane. Passes the index in the
 * larger array, the index in the smaller array and the number of taps of the window that are
 * inside.
 */
function eachTap(
  op: Op,
  tensors: Tensors,
  large: number,
  small: number,
  batch: number,
  visit: (large: number, small: number, valid: number) => void,
): void {
  const geometry = poolGeometry(op, tensors, large, small);
  const taps = tapsOf(geometry);
  const [inputSize, outputSize] = [
    geometry.input[0] * geometry.input[1],
    geometry.output[0] * geometry.output[1],
  ];
  const valid = new Int32Array(outputSize);
  for (const at of taps.output) valid[at] = (valid[at] ?? 0) + 1;
  for (let plane = 0; plane < batch * (tensors.shape(large)[0] ?? 1); plane++) {
    for (let i = 0; i < taps.tap.length; i++) {
      const at = taps.output[i] ?? 0;
      visit(plane * inputSize + (taps.input[i] ?? 0), plane * outputSize + at, valid[at] ?? 1);
    }
  }
}

export function averagePool(op: Op, { tensors, batch }: Step): void {
  const [input = -1] = op.inputs;
  const [output = -1] = op.outputs;
  const x = tensors.at(input);
  const y = tensors.at(output).fill(0);
  eachTap(op, tensors, input, output, batch, (from, to, valid) => {
    y[to] = (y[to] ?? 0) + (x[from] ?? 0) / valid;
  });
}

export function averagePoolGradient(op: Op, { tensors, batch }: Step): void {
  const [gradient = -1] = op.inputs;
  const [input = -1] = op.outputs;
  const g = tensors.at(gradient);
  const dx = tensors.at(input);
  if (op.accumulate[0] !== true) dx.fill(0);
  eachTap(op, tensors, input, gradient, batch, (to, from, valid) => {
    dx[to] = (dx[to] ?? 0) + (g[from] ?? 0) / valid;
  });
}

export function globalAveragePool(op: Op, { tensors }: Step): void {
  const x = tensors.at(op.inputs[0]);
  const y = tensors.at(op.outputs[0]);
  const plane = elements(tensors.shape(op.inputs[0]).slice(1));
  for (let k = 0; k < y.length; k++) {
    let sum = 0;
    for (let i = 0; i < plane; i++) sum += x[k * plane + i] ?? 0;
    y[k] = sum / plane;
  }
}

export function globalAveragePoolGradient(op: Op, { tensors }: Step): void {
  const g = tensors.at(op.inputs[0]);
  const dx = tensors.at(op.outputs[0]);
  const plane = elements(tensors.shape(op.outputs[0]).slice(1));
  const add = op.accumulate[0] === true;
  for (let i = 0; i < dx.length; i++)
    dx[i] = (add ? (dx[i] ?? 0) : 0) + (g[Math.floor(i / plane)] ?? 0) / plane;
}
