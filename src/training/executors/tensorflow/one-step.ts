/**
 * One training step as tensors: indices of the batch from the chunk's inputs, the plan's ops, and
 * unchanged state for frozen lanes. Used for graphs and for op-by-op execution.
 */
import type { Plan } from '../../plan/plan.ts';
import type { Operations } from './operations.ts';
import { write } from './ops/index.ts';
import { Step, type Metrics, type StepState } from './step.ts';
import type { Tensor } from './tensor.ts';

/** Tensors that are constant within a chunk. */
export interface ChunkInputs {
  readonly order: Tensor;
  /** [rows,L,columns]. */
  readonly words: Tensor;
  /**
   * [6]: first step of the epoch, first step of the run, epoch, length of the order, rows, steps.
   */
  readonly numbers: Tensor;
  readonly key: Tensor;
  readonly trials: Tensor;
  /** [L], 1 or 0. */
  readonly live: Tensor;
  readonly samples: Tensor;
  readonly labels: Tensor;
}

export const NUMBERS = { first: 0, step: 1, epoch: 2, length: 3, rows: 4, steps: 5 } as const;

export function numberOf(
  operations: Operations,
  numbers: Tensor,
  name: keyof typeof NUMBERS,
): Tensor {
  return operations.reshape(operations.slice(numbers, [NUMBERS[name]], [1]), []);
}

/**
 * Emits one step.
 * @param index number of steps done before in this chunk, 32 bits
 */
export function oneStep(
  plan: Plan,
  operations: Operations,
  lanes: number,
  inputs: ChunkInputs,
  index: Tensor,
  state: StepState,
  training: boolean,
): { readonly state: StepState; readonly metrics: Metrics } {
  const { add, less, minimum, multiply, select, subtract } = operations;
  const number = (name: keyof typeof NUMBERS): Tensor => numberOf(operations, inputs.numbers, name);
  const start = multiply(add(number('first'), index), operations.integer(plan.batch));
  const count = minimum(operations.integer(plan.batch), subtract(number('length'), start));
  const positions = operations.range(plan.batch);
  const inside = less(positions, count);
  const places = select(inside, add(positions, start), operations.broadcastTo(start, [plan.batch]));
  const row = minimum(index, subtract(number('rows'), operations.integer(1)));
  const step = new Step(
    plan,
    operations,
    lanes,
    {
      indices: operations.gather(inputs.order, places),
      valid: operations.cast(inside, 'f32'),
      count,
      samples: inputs.samples,
      labels: inputs.labels,
      words: operations.gather(inputs.words, row),
      step: add(number('step'), index),
      epoch: number('epoch'),
      key: inputs.key,
      trials: inputs.trials,
    },
    state,
  );
  write(step, training ? plan.train : plan.evaluate, training);
  if (step.metrics === undefined) throw new RangeError('the plan has no loss');
  if (!training) return { state, metrics: step.metrics };
  const live = operations.cast(inputs.live, 'bool');
  const kept = (after: Tensor, before: Tensor): Tensor =>
    select(operations.reshape(live, [lanes, ...before.shape.slice(1).map(() => 1)]), after, before);
  return {
    state: {
      weights: step.weights.map((after, i) => kept(after, state.weights[i] ?? after)),
      slots: step.slots.map((slot, s) =>
        slot.map((after, i) => kept(after, state.slots[s]?.[i] ?? after)),
      ),
      statistics: step.statistics.map((after, i) => kept(after, state.statistics[i] ?? after)),
    },
    metrics: step.metrics,
  };
}

/** [L]: whether every weight of the lane is finite. */
export function finiteLanes(operations: Operations, weights: readonly Tensor[]): Tensor {
  return weights
    .map((weight) =>
      operations.all(
        operations.isFinite(weight),
        weight.shape.slice(1).map((_, axis) => axis + 1),
      ),
    )
    .reduce(operations.both);
}
