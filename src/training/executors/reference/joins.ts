/** add, multiply, concat and their gradients, in float64. */
import { defined } from '../../../core/at.ts';
import { elements, numberOf, type Op } from '../../plan/plan.ts';
import { each } from './element-wise.ts';
import type { OpInputs } from './tensors.ts';

export function add(op: Op, { tensors }: OpInputs): void {
  const parts = op.inputs.map((id) => tensors.at(id));
  const y = tensors.at(op.outputs[0]);
  for (let i = 0; i < y.length; i++) y[i] = parts.reduce((sum, part) => sum + defined(part[i]), 0);
}

/** Copies the gradient, stored or added. */
export function addGradient(op: Op, { tensors }: OpInputs): void {
  each(op, tensors, (g) => g);
}

/**
 * Number of elements of the first operand that share one element of the second: 1, or a plane if
 * the second has the shape [C,1,1].
 */
function shared(large: readonly number[], small: readonly number[]): number {
  return elements(large) / elements(small);
}

export function multiply(op: Op, { tensors }: OpInputs): void {
  const a = tensors.at(op.inputs[0]);
  const b = tensors.at(op.inputs[1]);
  const y = tensors.at(op.outputs[0]);
  const per = shared(tensors.shape(op.inputs[0]), tensors.shape(op.inputs[1]));
  for (let i = 0; i < y.length; i++) y[i] = defined(a[i]) * defined(b[Math.floor(i / per)]);
}

export function multiplyGradient(op: Op, { tensors }: OpInputs): void {
  const g = tensors.at(op.inputs[0]);
  const other = tensors.at(op.inputs[1]);
  const dx = tensors.at(op.outputs[0]);
  const perOther = shared(tensors.shape(op.inputs[0]), tensors.shape(op.inputs[1]));
  const perResult = shared(tensors.shape(op.inputs[0]), tensors.shape(op.outputs[0]));
  const accumulates = op.accumulate[0] === true;
  for (let k = 0; k < dx.length; k++) {
    let sum = accumulates ? defined(dx[k]) : 0;
    for (let i = k * perResult; i < (k + 1) * perResult; i++)
      sum += defined(g[i]) * defined(other[Math.floor(i / perOther)]);
    dx[k] = sum;
  }
}

export function concat(op: Op, { tensors, batch }: OpInputs): void {
  const [output] = op.outputs;
  const y = tensors.at(output).fill(0);
  const size = tensors.size(output);
  let first = numberOf(op, 'before') * elements(tensors.shape(output).slice(1));
  for (const id of op.inputs) {
    const x = tensors.at(id);
    const part = tensors.size(id);
    for (let b = 0; b < batch; b++) y.set(x.subarray(b * part, (b + 1) * part), b * size + first);
    first += part;
  }
}

export function concatGradient(op: Op, { tensors, batch }: OpInputs): void {
  const g = tensors.at(op.inputs[0]);
  const dx = tensors.at(op.outputs[0]);
  const [whole, part, first] = [
    tensors.size(op.inputs[0]),
    tensors.size(op.outputs[0]),
    numberOf(op, 'first'),
  ];
  const accumulates = op.accumulate[0] === true;
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < part; i++) {
      const to = b * part + i;
      dx[to] = (accumulates ? defined(dx[to]) : 0) + defined(g[b * whole + first + i]);
    }
  }
}
