/** Ops with several inputs and their gradients: add, multiply, concat. */
import { at } from '../../../../core/at.ts';
import { bufferAt, elements, numberOf, type Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Order, Value } from '../values.ts';

/** Converts all inputs to one order: that of the first input that is not shared by the lanes. */
function together(
  step: Step,
  op: Op,
): { readonly inputs: readonly Value[]; readonly order: Order } {
  const inputs = op.inputs.map((_, n) => step.input(op, n));
  const order = inputs.find((input) => input.order !== 'shared')?.order ?? 'shared';
  return { inputs: inputs.map((input) => step.values.as(input, order)), order };
}

export function add(step: Step, op: Op): void {
  const { inputs, order } = together(step, op);
  const tensor = inputs.map((input) => input.tensor).reduce(step.operations.add);
  step.output(op, 0, { tensor, shape: bufferAt(step.plan, op.outputs, 0).shape, order });
}

export function addGradient(step: Step, op: Op): void {
  step.output(
    op,
    0,
    step.values.reshape(step.input(op, 0), bufferAt(step.plan, op.outputs, 0).shape),
  );
}

export function multiply(step: Step, op: Op): void {
  const { inputs, order } = together(step, op);
  const tensor = inputs.map((input) => input.tensor).reduce(step.operations.multiply);
  step.output(op, 0, { tensor, shape: bufferAt(step.plan, op.outputs, 0).shape, order });
}

export function multiplyGradient(step: Step, op: Op): void {
  const { operations } = step;
  const { inputs, order } = together(step, op);
  const [g, other] = inputs;
  if (g === undefined || other === undefined)
    throw new RangeError(`${op.layer} ${op.kind}: two inputs expected`);
  const shape = bufferAt(step.plan, op.outputs, 0).shape;
  const product = operations.multiply(g.tensor, other.tensor);
  const spread = elements(shape) < elements(g.shape);
  const axes = order === 'lane' ? [2, 3] : [1, 2];
  step.output(op, 0, {
    tensor: spread ? operations.sum(product, axes, true) : product,
    shape,
    order,
  });
}

/** Concatenates the channels, which are the last axis in every order. */
export function concat(step: Step, op: Op): void {
  const { operations } = step;
  const { inputs, order } = together(step, op);
  const shape = bufferAt(step.plan, op.outputs, 0).shape;
  const before = numberOf(op, 'before');
  const channels = inputs.reduce((sum, input) => sum + at(input.shape, 0), 0);
  const tensors = inputs.map((input) => input.tensor);
  const joined = operations.concat(tensors, (tensors[0]?.shape.length ?? 1) - 1);
  const last = joined.shape.length - 1;
  const padding = joined.shape.map((_, axis): [number, number] =>
    axis === last ? [before, at(shape, 0) - before - channels] : [0, 0],
  );
  step.output(op, 0, { tensor: operations.pad(joined, padding), shape, order });
}

export function concatGradient(step: Step, op: Op): void {
  const g = step.input(op, 0);
  const shape = bufferAt(step.plan, op.outputs, 0).shape;
  const first = numberOf(op, 'first') / elements(shape.slice(1));
  const last = g.tensor.shape.length - 1;
  const begin = g.tensor.shape.map((_, axis) => (axis === last ? first : 0));
  const size = g.tensor.shape.map((n, axis) => (axis === last ? at(shape, 0) : n));
  step.output(op, 0, { ...g, tensor: step.operations.slice(g.tensor, begin, size), shape });
}
