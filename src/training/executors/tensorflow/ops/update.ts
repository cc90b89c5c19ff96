/** Gradient clipping and optimisers for every weight of every lane, with the lane's columns. */
import { bufferAt, numberOf, type Op } from '../../../plan/plan.ts';
import { tensorAt, type Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';

export function clip(step: Step, op: Op): void {
  const { operations } = step;
  const { add, divide, float, maximum, minimum, multiply, negate, sqrt, square } = operations;
  const limit = step.column(op, 0);
  const gradients = op.inputs.map((_, n) => step.saved(op, n));
  if (op.attributes['by'] === 'value') {
    gradients.forEach((gradient, n) => {
      const most = along(step, limit, gradient);
      step.save(op, n, maximum(minimum(gradient, most), negate(most)));
    });
    return;
  }
  const squares = gradients.map((gradient) =>
    operations.sum(square(gradient), axesAfterLanes(gradient)),
  );
  const norm = sqrt(squares.reduce(add));
  const factor = minimum(float(1), divide(limit, add(norm, float(1e-6))));
  gradients.forEach((gradient, n) => {
    step.save(op, n, multiply(gradient, along(step, factor, gradient)));
  });
}

interface Update {
  readonly step: Step;
  /** Index in plan order. */
  readonly index: number;
  readonly weight: Tensor;
  readonly gradient: Tensor;
  /** The op's n-th column, broadcast to the weight. */
  readonly column: (n: number) => Tensor;
  readonly decays: boolean;
}

function eachWeight(step: Step, op: Op, update: (of: Update) => Tensor): void {
  op.outputs.forEach((_, n) => {
    const index = step.weightIndex(bufferAt(step.plan, op.outputs, n));
    const weight = tensorAt(step.weights, index);
    const column = (k: number): Tensor => along(step, step.column(op, k), weight);
    step.weights[index] = update({
      step,
      index,
      weight,
      gradient: step.saved(op, n),
      column,
      decays: step.plan.weights[index]?.decay ?? false,
    });
  });
}

/** g + λw for weights with decay. */
function decayed({ step, weight, gradient, column, decays }: Update, lambda: number): Tensor {
  const { add, multiply } = step.operations;
  return decays ? add(gradient, multiply(column(lambda), weight)) : gradient;
}

/** Stores and returns the slot's new value. */
function store({ step, index }: Update, slot: number, value: (before: Tensor) => Tensor): Tensor {
  const tensors = step.slots[slot] ?? [];
  const after = value(tensorAt(tensors, index));
  tensors[index] = after;
  return after;
}

export function sgd(step: Step, op: Op): void {
  const { add, multiply, subtract } = step.operations;
  const nesterov = numberOf(op, 'nesterov') === 1;
  eachWeight(step, op, (of) => {
    const g = decayed(of, 2);
    if (step.slots.length === 0) return subtract(of.weight, multiply(of.column(0), g));
    const v = store(of, 0, (before) => add(multiply(of.column(1), before), g));
    return subtract(
      of.weight,
      multiply(of.column(0), nesterov ? add(g, multiply(of.column(1), v)) : v),
    );
  });
}

/** adam and adamw: the last column is λ, or the factor that remains of a weight after its decay. */
export function adam(step: Step, op: Op): void {
  const { add, divide, multiply, sqrt, subtract } = step.operations;
  const decoupled = op.kind === 'adamw';
  eachWeight(step, op, (of) => {
    const weight = decoupled && of.decays ? multiply(of.weight, of.column(7)) : of.weight;
    const g = decoupled ? of.gradient : decayed(of, 7);
    const m = store(of, 0, (before) =>
      add(multiply(of.column(2), before), multiply(of.column(3), g)),
    );
    const s = store(of, 1, (before) =>
      add(multiply(of.column(4), before), multiply(multiply(of.column(5), g), g)),
    );
    return subtract(
      weight,
      divide(multiply(of.column(0), m), add(multiply(sqrt(s), of.column(1)), of.column(6))),
    );
  });
}

export function rmsprop(step: Step, op: Op): void {
  const { add, divide, multiply, sqrt, subtract } = step.operations;
  eachWeight(step, op, (of) => {
    const g = decayed(of, 5);
    const s = store(of, 0, (before) =>
      add(multiply(of.column(1), before), multiply(multiply(of.column(2), g), g)),
    );
    const ratio = divide(g, add(sqrt(s), of.column(3)));
    const b =
      numberOf(op, 'momentum') === 1
        ? store(of, 1, (before) => add(multiply(of.column(4), before), ratio))
        : ratio;
    return subtract(of.weight, multiply(of.column(0), b));
  });
}

/** Reshapes [L] so that it broadcasts to [L, …]. */
function along({ operations, lanes }: Step, column: Tensor, beside: Tensor): Tensor {
  return operations.reshape(column, [lanes, ...beside.shape.slice(1).map(() => 1)]);
}

function axesAfterLanes(tensor: Tensor): number[] {
  return tensor.shape.slice(1).map((_, axis) => axis + 1);
}
