/**
 * batch-norm, layer-norm and their gradients, composed of arithmetic ops. Statistics use only valid
 * samples and centred values.
 */
import { elements, numberOf, type Op } from '../../../plan/plan.ts';
import { tensorAt, type Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';
import type { Value } from '../values.ts';

export function batchNorm(step: Step, op: Op): void {
  const { operations, values } = step;
  const { add, divide, float, multiply, sqrt, square, subtract } = operations;
  const x = values.own(step.input(op, 0));
  const axes = values.sampleAxes(x);
  const valid = values.perSample(step.inputs.valid, x);
  const count = countOf(step, x);
  const mean = divide(operations.sum(multiply(x.tensor, valid), axes), count);
  const centred = subtract(x.tensor, values.perLane(mean, x));
  const variance = divide(operations.sum(multiply(square(centred), valid), axes), count);
  const inverse = divide(float(1), sqrt(add(variance, float(numberOf(op, 'epsilon')))));
  const scale = values.perLane(multiply(inverse, step.weight(op, 1)), x);
  step.output(op, 0, {
    ...x,
    tensor: add(multiply(centred, scale), values.perLane(step.weight(op, 2), x)),
  });
  step.save(op, 1, mean);
  step.save(op, 2, inverse);
  const q = numberOf(op, 'momentum');
  const [meanAt, varianceAt] = [step.statisticIndex(op, 3), step.statisticIndex(op, 4)];
  const blend = (running: Tensor, found: Tensor): Tensor =>
    add(multiply(running, float(1 - q)), multiply(found, float(q)));
  const [runningMean, runningVariance] = [
    tensorAt(step.statistics, meanAt),
    tensorAt(step.statistics, varianceAt),
  ];
  step.statistics[meanAt] = blend(runningMean, mean);
  // A single element has no unbiased variance: the running variance stays unchanged.
  const several = operations.greater(count, float(1));
  const unbiased = divide(
    multiply(variance, count),
    operations.maximum(subtract(count, float(1)), float(1)),
  );
  step.statistics[varianceAt] = operations.select(
    several,
    blend(runningVariance, unbiased),
    runningVariance,
  );
}

export function batchNormEvaluation(step: Step, op: Op): void {
  const { operations, values } = step;
  const { add, divide, float, multiply, sqrt, subtract } = operations;
  const x = values.own(step.input(op, 0));
  const [mean, variance] = [
    tensorAt(step.statistics, step.statisticIndex(op, 3)),
    tensorAt(step.statistics, step.statisticIndex(op, 4)),
  ];
  const scale = divide(step.weight(op, 1), sqrt(add(variance, float(numberOf(op, 'epsilon')))));
  const shift = subtract(step.weight(op, 2), multiply(scale, mean));
  step.output(op, 0, {
    ...x,
    tensor: add(multiply(x.tensor, values.perLane(scale, x)), values.perLane(shift, x)),
  });
}

/** weight' = Σg·x̂, bias' = Σg, x' = γr(g − (bias' + x̂·weight')/m), 0 at positions ≥ n. */
export function batchNormGradient(step: Step, op: Op): void {
  const { operations, values } = step;
  const { add, divide, multiply, subtract } = operations;
  const x = values.own(step.input(op, 1));
  const g = values.as(step.input(op, 0), x.order);
  const [mean, inverse] = [step.saved(op, 3), step.saved(op, 4)];
  const axes = values.sampleAxes(x);
  const normal = multiply(subtract(x.tensor, values.perLane(mean, x)), values.perLane(inverse, x));
  const weight = operations.sum(multiply(g.tensor, normal), axes);
  const bias = operations.sum(g.tensor, axes);
  step.save(op, 0, weight);
  step.save(op, 1, bias);
  if (op.outputs.length < 3) return;
  const count = countOf(step, x);
  const shared = add(
    values.perLane(divide(bias, count), x),
    multiply(normal, values.perLane(divide(weight, count), x)),
  );
  const scaled = multiply(
    subtract(g.tensor, shared),
    values.perLane(multiply(step.weight(op, 2), inverse), x),
  );
  step.output(op, 2, { ...x, tensor: multiply(scaled, values.perSample(step.inputs.valid, x)) });
}

/** Number of elements per channel in the statistics. */
function countOf({ operations, inputs }: Step, { shape }: Value): Tensor {
  return operations.multiply(
    operations.cast(inputs.count, 'f32'),
    operations.float(elements(shape.slice(1))),
  );
}

interface Grouped {
  readonly x: Value;
  /** Axes of the elements of one group. */
  readonly axes: readonly number[];
  /** Shape that broadcasts one number per group to x. */
  readonly alongside: readonly number[];
}

/** Moves lanes first: the weights of a layer norm may have one value per element. */
function grouped(step: Step, op: Op, x: Value): Grouped {
  const value = step.values.as(x, 'lane');
  const rank = value.tensor.shape.length;
  const axes =
    op.attributes['over'] === 'all'
      ? Array.from({ length: rank - 2 }, (_, i) => i + 2)
      : [rank - 1];
  return {
    x: value,
    axes,
    alongside: value.tensor.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
  };
}

/** Reshapes [L,C], [L,F] or [L,H,W,C] so that it broadcasts to [L,B,…]. */
function spread({ operations }: Step, tensor: Tensor, { x }: Grouped): Tensor {
  const [lanes = 1, ...rest] = tensor.shape;
  const between = Array<number>(x.tensor.shape.length - rest.length - 1).fill(1);
  return operations.reshape(tensor, [lanes, ...between, ...rest]);
}

export function layerNorm(step: Step, op: Op): void {
  const { operations } = step;
  const { add, divide, float, multiply, sqrt, square, subtract } = operations;
  const group = grouped(step, op, step.input(op, 0));
  const { x, axes } = group;
  const mean = operations.mean(x.tensor, axes, true);
  const centred = subtract(x.tensor, mean);
  const inverse = divide(
    float(1),
    sqrt(add(operations.mean(square(centred), axes, true), float(numberOf(op, 'epsilon')))),
  );
  const normal = multiply(centred, inverse);
  step.output(op, 0, {
    ...x,
    tensor: add(
      multiply(normal, spread(step, step.weight(op, 1), group)),
      spread(step, step.weight(op, 2), group),
    ),
  });
  step.save(op, 1, mean);
  step.save(op, 2, inverse);
}

/** With h = γg: x' = r(h − mean h − x̂·mean(h·x̂)). */
export function layerNormGradient(step: Step, op: Op): void {
  const { operations, values } = step;
  const { add, multiply, subtract } = operations;
  const group = grouped(step, op, step.input(op, 1));
  const { x, axes } = group;
  const g = values.as(step.input(op, 0), 'lane').tensor;
  const [mean, inverse] = [step.saved(op, 3), step.saved(op, 4)];
  const weight = step.weight(op, 2);
  const normal = multiply(subtract(x.tensor, mean), inverse);
  // Every axis except lanes and those of the weights.
  const over = x.tensor.shape
    .map((_, axis) => axis)
    .slice(1, x.tensor.shape.length - weight.shape.length + 1);
  step.save(op, 0, operations.reshape(operations.sum(multiply(g, normal), over), weight.shape));
  step.save(op, 1, operations.reshape(operations.sum(g, over), weight.shape));
  if (op.outputs.length < 3) return;
  const h = multiply(g, spread(step, weight, group));
  const shared = add(
    operations.mean(h, axes, true),
    multiply(normal, operations.mean(multiply(h, normal), axes, true)),
  );
  step.output(op, 2, { ...x, tensor: multiply(subtract(h, shared), inverse) });
}
