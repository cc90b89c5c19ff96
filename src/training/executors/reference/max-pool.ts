/** max-pool and its gradient: the first of equal taps wins and takes the whole gradient. */
import { pairOf, type Op } from '../../plan/plan.ts';
import type { Step, Tensors } from './tensors.ts';
import { eachTap, type Geometry } from './windows.ts';

function geometryOf(op: Op, tensors: Tensors, input: number, output: number): Geometry & { readonly planes: number } {
  const [c = 1, h = 1, w = 1] = tensors.shape(input);
  const [, rows = 1, columns = 1] = tensors.shape(output);
  return {
    planes: c,
    input: [h, w],
    output: [rows, columns],
    kernel: pairOf(op, 'size'),
    stride: pairOf(op, 'stride'),
    padding: pairOf(op, 'padding'),
  };
}

export function maxPool(op: Op, { tensors, batch }: Step): void {
  const [input = -1] = op.inputs;
  const [output = -1, code = -1] = op.outputs;
  const geometry = geometryOf(op, tensors, input, output);
  const x = tensors.at(input);
  const y = tensors.at(output).fill(NaN);
  const winner = tensors.at(code);
  const [inputSize, outputSize] = [geometry.input[0] * geometry.input[1], geometry.output[0] * geometry.output[1]];
  const seen = new Uint8Array(y.length);
  for (let plane = 0; plane < batch * geometry.planes; plane++) {
    eachTap(geometry, (at, tap, from) => {
      const to = plane * outputSize + at;
      const value = x[plane * inputSize + from] ?? 0;
      if (seen[to] === 1 && !(value > (y[to] ?? 0))) return;
      seen[to] = 1;
      y[to] = value;
      winner[to] = tap;
    });
  }
}

export function maxPoolGradient(op: Op, { tensors, batch }: Step): void {
  const [gradient = -1, code = -1] = op.inputs;
  const [input = -1] = op.outputs;
  const geometry = geometryOf(op, tensors, input, gradient);
  const g = tensors.at(gradient);
  const winner = tensors.at(code);
  const dx = tensors.at(input);
  if (op.accumulate[0] !== true) dx.fill(0);
  const [inputSize, outputSize] = [geometry.input[0] * geometry.input[1], geometry.output[0] * geometry.output[1]];
  for (let plane = 0; plane < batch * geometry.planes; plane++) {
    eachTap(geometry, (at, tap, from) => {
      if (winner[plane * outputSize + at] !== tap) return;
      dx[plane * inputSize + from] = (dx[plane * inputSize + from] ?? 0) + (g[plane * outputSize + at] ?? 0);
    });
  }
}
