/**
 * layer-norm and its gradient, in float64: mean and variance per sample, over all elements or over
 * the channels of each pixel.
 */
import { defined } from '../../../core/at.ts';
import { elements, numberOf, type Op } from '../../plan/plan.ts';
import type { OpInputs, Tensors } from './tensors.ts';

/**
 * Layout of the groups: a sample is `groups` interleaved groups of `size` elements; element k of
 * group j is at index k·groups + j.
 */
interface Groups {
  readonly groups: number;
  readonly size: number;
}

function groupsOf(op: Op, tensors: Tensors, id: number | undefined): Groups {
  const shape = tensors.shape(id);
  if (op.attributes['over'] === 'all') return { groups: 1, size: elements(shape) };
  return { groups: elements(shape.slice(1)), size: defined(shape[0]) };
}

export function layerNorm(op: Op, { tensors, batch }: OpInputs): void {
  const [x, weight, bias] = op.inputs.map((id) => tensors.at(id));
  const [y, mean, inverse] = op.outputs.map((id) => tensors.at(id));
  if (!x || !weight || !bias || !y || !mean || !inverse)
    throw new RangeError(`${op.layer}: layer-norm lacks a buffer`);
  const { groups, size } = groupsOf(op, tensors, op.inputs[0]);
  const epsilon = numberOf(op, 'epsilon');
  for (let at = 0; at < batch * groups; at++) {
    const first = Math.floor(at / groups) * groups * size + (at % groups);
    let sum = 0;
    for (let k = 0; k < size; k++) sum += defined(x[first + k * groups]);
    const mu = sum / size;
    let squares = 0;
    for (let k = 0; k < size; k++) squares += (defined(x[first + k * groups]) - mu) ** 2;
    const r = 1 / Math.sqrt(squares / size + epsilon);
    mean[at] = mu;
    inverse[at] = r;
    for (let k = 0; k < size; k++) {
      const i = first + k * groups;
      y[i] = defined(weight[k]) * (defined(x[i]) - mu) * r + defined(bias[k]);
    }
  }
}

export function layerNormGradient(op: Op, { tensors, batch }: OpInputs): void {
  const [g, x, weight, mean, inverse] = op.inputs.map((id) => tensors.at(id));
  const [dWeight, dBias] = op.outputs.map((id) => tensors.at(id));
  if (!g || !x || !weight || !mean || !inverse || !dWeight || !dBias)
    throw new RangeError(`${op.layer}: layer-norm' lacks a buffer`);
  const { groups, size } = groupsOf(op, tensors, op.inputs[1]);
  const dx = op.outputs[2] === undefined ? undefined : tensors.at(op.outputs[2]);
  const add = op.accumulate[2] === true;
  dWeight.fill(0);
  dBias.fill(0);
  for (let at = 0; at < batch * groups; at++) {
    const first = Math.floor(at / groups) * groups * size + (at % groups);
    const r = defined(inverse[at]);
    const normalised = (i: number): number => (defined(x[i]) - defined(mean[at])) * r;
    let sum = 0;
    let product = 0;
    for (let k = 0; k < size; k++) {
      const i = first + k * groups;
      const h = defined(weight[k]) * defined(g[i]);
      sum += h;
      product += h * normalised(i);
      dWeight[k] = defined(dWeight[k]) + defined(g[i]) * normalised(i);
      dBias[k] = defined(dBias[k]) + defined(g[i]);
    }
    for (let k = 0; dx !== undefined && k < size; k++) {
      const i = first + k * groups;
      const value =
        r * (defined(weight[k]) * defined(g[i]) - sum / size - (normalised(i) * product) / size);
      dx[i] = add ? defined(dx[i]) + value : value;
    }
  }
}
