/** Activations and their gradients. Element-wise, so the order of lanes does not matter. */
import { numberOf, type Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';

export type Activate = (step: Step, x: Tensor, op: Op) => Tensor;
/** @param kept tensor saved by the forward op: its input or its output, depending on the op */
export type ActivateGradient = (step: Step, g: Tensor, kept: Tensor, op: Op) => Tensor;

export function activation(activate: Activate): (step: Step, op: Op) => void {
  return (step, op) => {
    const x = step.input(op, 0);
    step.output(op, 0, { ...x, tensor: activate(step, x.tensor, op) });
  };
}

export function activationGradient(gradient: ActivateGradient): (step: Step, op: Op) => void {
  return (step, op) => {
    const kept = step.values.own(step.input(op, 1));
    const g = step.values.as(step.input(op, 0), kept.order);
    step.output(op, 0, { ...kept, tensor: gradient(step, g.tensor, kept.tensor, op) });
  };
}

export const relu: Activate = ({ operations }, x) => operations.relu(x);
export const reluGradient: ActivateGradient = ({ operations }, g, y) =>
  operations.reluGradient(g, y);
export const sigmoid: Activate = ({ operations }, x) => operations.sigmoid(x);
export const tanh: Activate = ({ operations }, x) => operations.tanh(x);

export const leakyRelu: Activate = ({ operations }, x, op) => {
  const small = operations.multiply(x, operations.float(numberOf(op, 'slope')));
  return operations.select(operations.greater(x, operations.float(0)), x, small);
};

export const leakyReluGradient: ActivateGradient = ({ operations }, g, y, op) => {
  const small = operations.multiply(g, operations.float(numberOf(op, 'slope')));
  return operations.select(operations.greater(y, operations.float(0)), g, small);
};

export const sigmoidGradient: ActivateGradient = (
  { operations: { float, multiply, subtract } },
  g,
  y,
) => multiply(g, multiply(y, subtract(float(1), y)));

export const tanhGradient: ActivateGradient = (
  { operations: { float, multiply, square, subtract } },
  g,
  y,
) => multiply(g, subtract(float(1), square(y)));

export const silu: Activate = ({ operations }, x) => operations.multiply(x, operations.sigmoid(x));

/** gσ(1 + x(1 − σ)). */
export const siluGradient: ActivateGradient = (
  { operations: { add, float, multiply, sigmoid: logistic, subtract } },
  g,
  x,
) => {
  const s = logistic(x);
  return multiply(multiply(g, s), add(float(1), multiply(x, subtract(float(1), s))));
};

/** x·Φ(x). */
export const gelu: Activate = (step, x) => step.operations.multiply(x, normal(step, x));

/** g(Φ + xφ). */
export const geluGradient: ActivateGradient = (step, g, x) => {
  const { add, exp, float, multiply, square } = step.operations;
  const density = multiply(
    exp(multiply(square(x), float(-0.5))),
    float(1 / Math.sqrt(2 * Math.PI)),
  );
  return multiply(g, add(normal(step, x), multiply(x, density)));
};

/** Φ. */
function normal({ operations: { add, erf, float, multiply } }: Step, x: Tensor): Tensor {
  return multiply(add(erf(multiply(x, float(Math.SQRT1_2))), float(1)), float(0.5));
}
