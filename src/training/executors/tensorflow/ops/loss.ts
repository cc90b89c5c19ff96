/**
 * Losses: metrics over the valid samples and, in training, the gradient of the mean, which is 0 at
 * the other positions.
 */
import type { Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';

export function softmaxCrossEntropy(step: Step, op: Op): void {
  const { operations, values, lanes } = step;
  const { add, divide, exp, float, log, multiply, subtract } = operations;
  const z = values.as(step.input(op, 0), 'lane');
  const [classes = 1] = z.shape;
  const target = operations.oneHot(step.label, classes);
  const smoothing =
    op.hyper.length > 0 ? operations.reshape(step.column(op, 0), [lanes, 1, 1]) : undefined;
  const top = operations.max(z.tensor, [2], true);
  const powers = exp(subtract(z.tensor, top));
  const sum = operations.sum(powers, [2], true);
  const wanted =
    smoothing === undefined
      ? target
      : add(multiply(target, subtract(float(1), smoothing)), divide(smoothing, float(classes)));
  const expected = operations.sum(multiply(z.tensor, wanted), [2], true);
  measure(step, z.tensor, subtract(add(top, log(sum)), expected), true);
  if (op.outputs.length < 3) return;
  step.output(op, 0, {
    ...z,
    tensor: multiply(subtract(divide(powers, sum), wanted), share(step, 1)),
  });
}

export function meanSquaredError(step: Step, op: Op): void {
  const { operations, values } = step;
  const { float, multiply, square, subtract } = operations;
  const z = values.as(step.input(op, 0), 'lane');
  const [units = 1] = z.shape;
  const classes = step.label.dtype === 'i32';
  const difference = subtract(
    z.tensor,
    classes ? operations.oneHot(step.label, units) : step.label,
  );
  measure(step, z.tensor, operations.mean(square(difference), [2], true), classes);
  if (op.outputs.length < 3) return;
  step.output(op, 0, {
    ...z,
    tensor: multiply(multiply(difference, float(2 / units)), share(step, 1)),
  });
}

/** 1/n at valid positions, otherwise 0: [1,B,1]. */
function share({ operations, inputs, values }: Step, numerator: number): Tensor {
  const each = operations.divide(operations.float(numerator), operations.cast(inputs.count, 'f32'));
  return operations.reshape(operations.multiply(inputs.valid, each), [1, values.batch, 1]);
}

/**
 * @param losses [L,B,1]
 * @param classes whether the largest output is compared with a class
 */
function measure(step: Step, outputs: Tensor, losses: Tensor, classes: boolean): void {
  const { operations, inputs, values, lanes } = step;
  const valid = operations.reshape(inputs.valid, [1, values.batch, 1]);
  const loss = operations.sum(operations.multiply(losses, valid), [1, 2]);
  const none = operations.broadcastTo(operations.integer(0), [lanes]);
  step.metrics = { loss, correct: classes ? hits(step, outputs) : none };
}

/** Returns whether the first of the largest outputs is the label. */
function hits({ operations, inputs, label, values }: Step, outputs: Tensor): Tensor {
  const right = operations.equal(
    operations.argMax(outputs, 2),
    operations.reshape(label, [1, values.batch]),
  );
  const counted = operations.multiply(
    operations.cast(right, 'i32'),
    operations.cast(operations.reshape(inputs.valid, [1, values.batch]), 'i32'),
  );
  return operations.sum(counted, [1]);
}
