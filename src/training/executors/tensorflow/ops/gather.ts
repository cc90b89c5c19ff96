/**
 * gather: selects the samples of the batch, crops and flips them if the plan requires it,
 * normalises them, and selects their labels. The result is shared by all lanes.
 */
import { PURPOSE } from '../../../../core/random.ts';
import type { Op } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import type { Tensor } from '../tensor.ts';
import { philox } from './philox.ts';

/** @param training crops and flips apply to training only */
export function gather(step: Step, op: Op, training: boolean): void {
  const { operations, inputs, plan, values } = step;
  const { crop, flip, scale, shift, shape } = plan.input;
  const images = operations.gather(inputs.samples, inputs.indices);
  const batch = training && (crop > 0 || flip) ? augmented(step, images) : images;
  const numbers = operations.cast(batch, 'f32');
  const x = operations.add(
    operations.multiply(numbers, operations.floats(scale)),
    operations.floats(shift),
  );
  step.output(op, 0, values.of(x, shape, 'shared'));
  step.label = operations.gather(inputs.labels, inputs.indices);
}

/**
 * Crops and flips images. The position of the crop and the flip are drawn from words of the
 * sample's index and the epoch (purpose 5).
 */
function augmented(step: Step, images: Tensor): Tensor {
  const { operations, inputs, plan } = step;
  const { crop, flip, shape } = plan.input;
  const [, h = 1, w = 1] = shape;
  const [low, high] = operations.split(step.unsigned(inputs.key), 0, 2);
  if (low === undefined || high === undefined) throw new RangeError('a key has two words');
  const counter: [Tensor, Tensor, Tensor, Tensor] = [
    step.unsigned(inputs.indices),
    step.unsigned(inputs.epoch),
    operations.long(0),
    operations.long(PURPOSE.augment * 2 ** 24),
  ];
  const words = philox(operations, [low, high], counter);
  const [rowWord, columnWord, flipWord] = words;
  if (rowWord === undefined || columnWord === undefined || flipWord === undefined)
    throw new RangeError('a block has four words');
  const below = (word: Tensor, bound: number): Tensor =>
    operations.cast(
      operations.shiftRight(operations.multiply(word, operations.long(bound)), operations.long(32)),
      'i32',
    );
  const along = (first: Tensor, places: Tensor): Tensor =>
    operations.add(operations.reshape(first, [plan.batch, 1]), places);
  const [zero, last] = [operations.integer(0), operations.integer(w - 1)];
  const forwards = operations.reshape(operations.range(w), [1, w]);
  const mirrored = operations.equal(
    operations.shiftRight(flipWord, operations.long(31)),
    operations.long(1),
  );
  const columns = flip
    ? operations.select(
        operations.reshape(mirrored, [plan.batch, 1]),
        operations.subtract(last, forwards),
        forwards,
      )
    : forwards;
  const dy = crop > 0 ? below(rowWord, 2 * crop + 1) : operations.broadcastTo(zero, [plan.batch]);
  const dx =
    crop > 0 ? below(columnWord, 2 * crop + 1) : operations.broadcastTo(zero, [plan.batch]);
  const padded = operations.pad(images, [
    [0, 0],
    [crop, crop],
    [crop, crop],
    [0, 0],
  ]);
  const rows = operations.gather(
    padded,
    along(dy, operations.reshape(operations.range(h), [1, h])),
    1,
    1,
  );
  return operations.gather(rows, along(dx, columns), 2, 1);
}
