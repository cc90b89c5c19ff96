/**
 * dense and its gradients. Weights are [L,U,F]. If all lanes share the input, one product has lanes
 * × units columns.
 */
import { bufferAt, type Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Value } from '../values.ts';

export function dense(step: Step, op: Op): void {
  const { operations, values, lanes } = step;
  const x = step.input(op, 0);
  const weight = step.weight(op, 1);
  const [, units = 1, features = 1] = weight.shape;
  let y: Value;
  if (x.order === 'shared') {
    const together = operations.reshape(weight, [lanes * units, features]);
    y = values.of(operations.matmul(x.tensor, together, false, true), [units], 'channel');
  } else
    y = values.of(
      operations.matmul(values.as(x, 'lane').tensor, weight, false, true),
      [units],
      'lane',
    );
  if (op.inputs.length === 3)
    y = { ...y, tensor: operations.add(y.tensor, values.perLane(step.weight(op, 2), y)) };
  step.output(op, 0, y);
}

export function denseWeightGradient(step: Step, op: Op): void {
  const { operations, values, lanes } = step;
  const x = step.input(op, 0);
  const shared = x.order === 'shared';
  const g = values.as(step.input(op, 1), shared ? 'channel' : 'lane');
  const [units = 1] = g.shape;
  const [features = 1] = x.shape;
  if (shared) {
    const flat = operations.reshape(g.tensor, [values.batch, lanes * units]);
    step.save(
      op,
      0,
      operations.reshape(operations.matmul(flat, x.tensor, true, false), [lanes, units, features]),
    );
  } else step.save(op, 0, operations.matmul(g.tensor, values.as(x, 'lane').tensor, true, false));
  if (op.outputs.length === 2) step.save(op, 1, operations.sum(g.tensor, values.sampleAxes(g)));
}

export function denseInputGradient(step: Step, op: Op): void {
  const { operations, values } = step;
  const g = values.as(step.input(op, 0), 'lane');
  const x = operations.matmul(g.tensor, step.weight(op, 1), false, false);
  step.output(op, 0, values.of(x, bufferAt(step.plan, op.outputs, 0).shape, 'lane'));
}
