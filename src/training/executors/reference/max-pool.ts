/**
 * max-pool and its gradient. The first of equal taps is the maximum and receives the whole
 * gradient.
 */
import { defined } from '../../../core/at.ts';
import { pairOf, type Op } from '../../plan/plan.ts';
import type { OpInputs, Tensors } from './tensors.ts';
import { tapsOf, type Geometry } from './windows.ts';

/** Geometry of a pool or its gradient; `input` is the buffer of the larger image. */
export function poolGeometry(op: Op, tensors: Tensors, input: number, output: number): Geometry {
  const [, h = 1, w = 1] = tensors.shape(input);
  const [, rows = 1, columns = 1] = tensors.shape(output);
  return {
    input: [h, w],
    output: [rows, columns],
    kernel: pairOf(op, 'size'),
    stride: pairOf(op, 'stride'),
    padding: pairOf(op, 'padding'),
  };
}

export function maxPool(op: Op, { tensors, batch }: OpInputs): void {
  const [input = -1] = op.inputs;
  const [output = -1, code = -1] = op.outputs;
  const geometry = poolGeometry(op, tensors, input, output);
  const x = tensors.at(input);
  const y = tensors.at(output).fill(NaN);
  const winner = tensors.at(code);
  const taps = tapsOf(geometry);
  const [inputSize, outputSize] = [
    geometry.input[0] * geometry.input[1],
    geometry.output[0] * geometry.output[1],
  ];
  const seen = new Uint8Array(y.length);
  for (let plane = 0; plane < batch * defined(tensors.shape(input)[0]); plane++) {
    for (let i = 0; i < taps.tap.length; i++) {
      const to = plane * outputSize + defined(taps.output[i]);
      const value = defined(x[plane * inputSize + defined(taps.input[i])]);
      if (seen[to] === 1 && !(value > defined(y[to]))) continue;
      seen[to] = 1;
      y[to] = value;
      winner[to] = defined(taps.tap[i]);
    }
  }
}

export function maxPoolGradient(op: Op, { tensors, batch }: OpInputs): void {
  const [gradient = -1, code = -1] = op.inputs;
  const [input = -1] = op.outputs;
  const geometry = poolGeometry(op, tensors, input, gradient);
  const g = tensors.at(gradient);
  const winner = tensors.at(code);
  const dx = tensors.at(input);
  if (op.accumulate[0] !== true) dx.fill(0);
  const taps = tapsOf(geometry);
  const [inputSize, outputSize] = [
    geometry.input[0] * geometry.input[1],
    geometry.output[0] * geometry.output[1],
  ];
  for (let plane = 0; plane < batch * defined(tensors.shape(input)[0]); plane++) {
    for (let i = 0; i < taps.tap.length; i++) {
      const at = plane * outputSize + defined(taps.output[i]);
      const to = plane * inputSize + defined(taps.input[i]);
      if (winner[at] === taps.tap[i]) dx[to] = defined(dx[to]) + defined(g[at]);
    }
  }
}
