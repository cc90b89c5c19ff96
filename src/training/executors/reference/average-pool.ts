/** average-pool (padding is not counted), global-average-pool, and their gradients, in float64. */
import { defined } from '../../../core/at.ts';
import { elements, type Op } from '../../plan/plan.ts';
import { poolGeometry } from './max-pool.ts';
import type { OpInputs, Tensors } from './tensors.ts';
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
  for (const at of taps.output) valid[at] = defined(valid[at]) + 1;
  for (let plane = 0; plane < batch * defined(tensors.shape(large)[0]); plane++) {
    for (let i = 0; i < taps.tap.length; i++) {
      const at = defined(taps.output[i]);
      visit(
        plane * inputSize + defined(taps.input[i]),
        plane * outputSize + at,
        defined(valid[at]),
      );
    }
  }
}

export function averagePool(op: Op, { tensors, batch }: OpInputs): void {
  const [input = -1] = op.inputs;
  const [output = -1] = op.outputs;
  const x = tensors.at(input);
  const y = tensors.at(output).fill(0);
  eachTap(op, tensors, input, output, batch, (from, to, valid) => {
    y[to] = defined(y[to]) + defined(x[from]) / valid;
  });
}

export function averagePoolGradient(op: Op, { tensors, batch }: OpInputs): void {
  const [gradient = -1] = op.inputs;
  const [input = -1] = op.outputs;
  const g = tensors.at(gradient);
  const dx = tensors.at(input);
  if (op.accumulate[0] !== true) dx.fill(0);
  eachTap(op, tensors, input, gradient, batch, (to, from, valid) => {
    dx[to] = defined(dx[to]) + defined(g[from]) / valid;
  });
}

export function globalAveragePool(op: Op, { tensors }: OpInputs): void {
  const x = tensors.at(op.inputs[0]);
  const y = tensors.at(op.outputs[0]);
  const plane = elements(tensors.shape(op.inputs[0]).slice(1));
  for (let k = 0; k < y.length; k++) {
    let sum = 0;
    for (let i = 0; i < plane; i++) sum += defined(x[k * plane + i]);
    y[k] = sum / plane;
  }
}

export function globalAveragePoolGradient(op: Op, { tensors }: OpInputs): void {
  const g = tensors.at(op.inputs[0]);
  const dx = tensors.at(op.outputs[0]);
  const plane = elements(tensors.shape(op.outputs[0]).slice(1));
  const add = op.accumulate[0] === true;
  for (let i = 0; i < dx.length; i++)
    dx[i] = (add ? defined(dx[i]) : 0) + defined(g[Math.floor(i / plane)]) / plane;
}
