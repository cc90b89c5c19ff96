/**
 * Optimisers and gradient clipping, in float64. Slots are stored beside the weights:
 * [slot][weight]. The order of the columns is that of op-kinds.ts.
 */
import { defined } from '../../../core/at.ts';
import { numberOf, type Op } from '../../plan/plan.ts';
import type { OpInputs } from './tensors.ts';

export type Slots = readonly (readonly Float64Array[])[];

/**
 * Update rule of one element: weight w, gradient g, whether the weight decays, index i in the
 * slots.
 * @returns the new w
 */
type Rule = (
  w: number,
  g: number,
  decays: boolean,
  slots: readonly Float64Array[],
  i: number,
) => number;

function overWeights(op: Op, { tensors }: OpInputs, slots: Slots, rule: Rule): void {
  op.outputs.forEach((id, k) => {
    const w = tensors.at(id);
    const gradient = tensors.at(op.inputs[k]);
    const name = tensors.plan.buffers[id]?.name;
    const decays = tensors.plan.weights.find((weight) => weight.name === name)?.decay ?? false;
    const own = slots.flatMap((slot) => slot[k] ?? []);
    for (let i = 0; i < w.length; i++)
      w[i] = rule(defined(w[i]), defined(gradient[i]), decays, own, i);
  });
}

function columnsOf(op: Op, { floats }: OpInputs): number[] {
  return op.hyper.map((column) => defined(floats[column]));
}

export function sgd(op: Op, step: OpInputs, slots: Slots): void {
  const [alpha = 0, mu = 0, lambda = 0] = columnsOf(op, step);
  const nesterov = numberOf(op, 'nesterov') === 1;
  overWeights(op, step, slots, (w, gradient, decays, [v], i) => {
    const g = decays ? gradient + lambda * w : gradient;
    if (v === undefined) return w - alpha * g;
    const velocity = mu * defined(v[i]) + g;
    v[i] = velocity;
    return w - alpha * (nesterov ? g + mu * velocity : velocity);
  });
}

/**
 * adam and adamw. The last column is λ, which is added to the gradient, or 1 − αλ, by which the
 * weight is multiplied.
 */
export function adam(op: Op, step: OpInputs, slots: Slots): void {
  const [
    stepSize = 0,
    correction = 0,
    beta1 = 0,
    rest1 = 0,
    beta2 = 0,
    rest2 = 0,
    epsilon = 0,
    last = 0,
  ] = columnsOf(op, step);
  const decoupled = op.kind === 'adamw';
  overWeights(op, step, slots, (w, gradient, decays, [first, second], i) => {
    if (first === undefined || second === undefined)
      throw new RangeError(`${op.kind} has two slots`);
    const g = decays && !decoupled ? gradient + last * w : gradient;
    const m = beta1 * defined(first[i]) + rest1 * g;
    const s = beta2 * defined(second[i]) + rest2 * g * g;
    first[i] = m;
    second[i] = s;
    return (
      (decays && decoupled ? w * last : w) - (stepSize * m) / (Math.sqrt(s) * correction + epsilon)
    );
  });
}

export function rmsprop(op: Op, step: OpInputs, slots: Slots): void {
  const [alpha = 0, rho = 0, rest = 0, epsilon = 0, mu = 0, lambda = 0] = columnsOf(op, step);
  overWeights(op, step, slots, (w, gradient, decays, [square, momentum], i) => {
    if (square === undefined) throw new RangeError('rmsprop has a slot');
    const g = decays ? gradient + lambda * w : gradient;
    const s = rho * defined(square[i]) + rest * g * g;
    square[i] = s;
    const scaled = g / (Math.sqrt(s) + epsilon);
    if (momentum === undefined) return w - alpha * scaled;
    const b = mu * defined(momentum[i]) + scaled;
    momentum[i] = b;
    return w - alpha * b;
  });
}

/** Clipping by norm sums g² within each weight in plan order, then over the weights. */
export function clip(op: Op, step: OpInputs): void {
  const [limit = 0] = columnsOf(op, step);
  const gradients = op.outputs.map((id) => step.tensors.at(id));
  if (op.attributes['by'] === 'value') {
    for (const g of gradients)
      for (let i = 0; i < g.length; i++) g[i] = Math.max(-limit, Math.min(limit, defined(g[i])));
    return;
  }
  const squares = gradients.map((g) => g.reduce((sum, value) => sum + value * value, 0));
  const factor = Math.min(1, limit / (Math.sqrt(squares.reduce((a, b) => a + b, 0)) + 1e-6));
  for (const g of gradients) for (let i = 0; i < g.length; i++) g[i] = defined(g[i]) * factor;
}
