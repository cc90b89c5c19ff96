/**
 * dropout and its gradient: both multiply by the same factors, which are drawn once per step and
 * lane order.
 */
import { PURPOSE } from '../../../../core/random.ts';
import { elements, numberOf, type Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';
import type { Value } from '../values.ts';
import { philox } from './philox.ts';

export function dropout(step: Step, op: Op): void {
  const x = step.values.own(step.input(op, 0), 'lane');
  step.output(op, 0, { ...x, tensor: step.operations.multiply(x.tensor, factors(step, op, x)) });
}

/** 0 where the element's word is below the lane's threshold, otherwise the lane's scale. */
function factors(step: Step, op: Op, value: Value): Tensor {
  const key = `${String(numberOf(op, 'ordinal'))} ${value.order} ${value.shape.join('x')}`;
  let mask = step.masks.get(key);
  if (mask === undefined) step.masks.set(key, (mask = draw(step, op, value)));
  return mask;
}

/**
 * Draws the words of position b and feature f (in the order C,H,W): block b·⌈F/4⌉ + ⌊f/4⌋, word f
 * mod 4.
 */
function draw(step: Step, op: Op, { order, shape }: Value): Tensor {
  const { operations, inputs, values, lanes } = step;
  const features = elements(shape);
  const blocks = Math.ceil(features / 4);
  const byLane = order === 'lane';
  const front = byLane ? [lanes, values.batch] : [values.batch, lanes];
  const along = (tensor: Tensor, sizes: readonly number[]): Tensor =>
    operations.cast(operations.reshape(tensor, sizes), 'i64');
  const positions = along(
    operations.range(values.batch),
    byLane ? [1, values.batch, 1] : [values.batch, 1, 1],
  );
  const places = operations.add(
    operations.multiply(positions, operations.long(blocks)),
    along(operations.range(blocks), [1, 1, blocks]),
  );
  const counter0 = operations.broadcastTo(places, [...front, blocks]);
  const trials = operations.reshape(
    step.unsigned(inputs.trials),
    byLane ? [lanes, 1, 1] : [1, lanes, 1],
  );
  const [low, high] = operations.split(step.unsigned(inputs.key), 0, 2);
  if (low === undefined || high === undefined) throw new RangeError('a key has two words');
  const purpose = operations.long(PURPOSE.dropout * 2 ** 24 + numberOf(op, 'ordinal'));
  const words = philox(
    operations,
    [low, high],
    [counter0, step.unsigned(inputs.step), trials, purpose],
  );
  const blocksOfWords = operations.concat(
    words.map((word) => operations.reshape(word, [...front, blocks, 1])),
    3,
  );
  const flat = operations.slice(
    operations.reshape(blocksOfWords, [...front, 4 * blocks]),
    [0, 0, 0],
    [...front, features],
  );
  const vector: Value = { tensor: flat, shape: [features], order };
  const drawn = values.reshape(vector, shape);
  const threshold = values.perLane(step.unsigned(step.column(op, 0)), drawn);
  const scale = values.perLane(step.column(op, 1), drawn);
  return operations.select(operations.less(drawn.tensor, threshold), operations.float(0), scale);
}
