/**
 * Context in which the ops of one step are emitted: the step's inputs and the current value of each
 * buffer.
 */
import { bufferAt, rootOf, type BufferSpec, type Op, type Plan } from '../../plan/plan.ts';
import type { Operations } from './operations.ts';
import type { Tensor } from './tensor.ts';
import { Values, type Value } from './values.ts';

/** Read-only tensors of a step. */
export interface StepInputs {
  /** [B]: dataset indices; positions ≥ n repeat position 0. */
  readonly indices: Tensor;
  /** [B], 1 below n, else 0. */
  readonly valid: Tensor;
  /** n as a number of 32 bits. */
  readonly count: Tensor;
  /** [N,H,W,C] or [N,F]. */
  readonly samples: Tensor;
  /** [N] classes, or [N,U]. */
  readonly labels: Tensor;
  /** [L,columns], 32-bit words. */
  readonly words: Tensor;
  /** Step of the run, from 0; 32 bits. */
  readonly step: Tensor;
  readonly epoch: Tensor;
  /** [2]: low and high word. */
  readonly key: Tensor;
  /** [L]: counter word 2 of the lanes' streams. */
  readonly trials: Tensor;
}

/** State that a step reads and writes, each [L, …], in plan order. */
export interface StepState {
  readonly weights: readonly Tensor[];
  /** By slot, then by weight. */
  readonly slots: readonly (readonly Tensor[])[];
  readonly statistics: readonly Tensor[];
}

export interface Metrics {
  /** [L], summed over the valid samples. */
  readonly loss: Tensor;
  /** [L], 32 bits. */
  readonly correct: Tensor;
}

export class Step {
  readonly plan: Plan;
  readonly operations: Operations;
  readonly values: Values;
  readonly inputs: StepInputs;
  /** Weights in plan order. */
  readonly weights: Tensor[];
  readonly slots: Tensor[][];
  readonly statistics: Tensor[];
  metrics: Metrics | undefined;
  /** Labels of the batch: [B] classes of 32 bits, or [B,U]. */
  #label: Tensor | undefined;
  readonly masks = new Map<string, Tensor>();
  /** Inputs and outputs of pools, by the root of the winners' buffer. */
  readonly pools = new Map<number, { readonly input: Value; readonly output: Value }>();
  readonly #held = new Map<number, Value>();
  readonly #tensors = new Map<number, Tensor>();
  readonly #columns = new Map<number, Tensor>();

  constructor(
    plan: Plan,
    operations: Operations,
    lanes: number,
    inputs: StepInputs,
    state: StepState,
  ) {
    this.plan = plan;
    this.operations = operations;
    this.values = new Values(operations, lanes, plan.batch);
    this.inputs = inputs;
    this.weights = [...state.weights];
    this.slots = state.slots.map((slot) => [...slot]);
    this.statistics = [...state.statistics];
  }

  get label(): Tensor {
    if (this.#label === undefined) throw new RangeError('the batch has not been gathered');
    return this.#label;
  }

  set label(label: Tensor) {
    this.#label = label;
  }

  get lanes(): number {
    return this.values.lanes;
  }

  /** Returns the value of the n-th input, with that input's shape. */
  input(op: Op, n: number): Value {
    const buffer = bufferAt(this.plan, op.inputs, n);
    const held = this.#held.get(rootOf(this.plan, buffer.id).id);
    if (held === undefined)
      throw new RangeError(`${op.layer} ${op.kind}: nothing wrote ${buffer.name}`);
    return this.values.reshape(held, buffer.shape);
  }

  /** Stores the n-th output, or adds to it if the op accumulates. */
  output(op: Op, n: number, value: Value): void {
    const buffer = bufferAt(this.plan, op.outputs, n);
    const root = rootOf(this.plan, buffer.id).id;
    const held = this.#held.get(root);
    if (op.accumulate[n] === true && held !== undefined) {
      const before = this.values.reshape(held, buffer.shape);
      const more = this.values.as(value, before.order);
      this.#held.set(root, { ...before, tensor: this.operations.add(before.tensor, more.tensor) });
    } else this.#held.set(root, value);
  }

  /**
   * Returns a tensor [L, …] that has no samples and is not a weight: a gradient of a weight, or
   * saved statistics.
   */
  saved(op: Op, n: number): Tensor {
    const id = op.inputs[n] ?? -1;
    const tensor = this.#tensors.get(id);
    if (tensor === undefined)
      throw new RangeError(`${op.layer} ${op.kind}: nothing wrote buffer ${String(id)}`);
    return tensor;
  }

  save(op: Op, n: number, tensor: Tensor): void {
    this.#tensors.set(op.outputs[n] ?? -1, tensor);
  }

  weight(op: Op, n: number): Tensor {
    return tensorAt(this.weights, this.weightIndex(bufferAt(this.plan, op.inputs, n)));
  }

  weightIndex(buffer: BufferSpec): number {
    return this.plan.weights.findIndex((weight) => weight.name === buffer.name);
  }

  statisticIndex(op: Op, n: number): number {
    const { name } = bufferAt(this.plan, op.inputs, n);
    return this.plan.statistics.findIndex((statistic) => statistic.name === name);
  }

  /** Returns the op's n-th column [L], with the column's type. */
  column(op: Op, n: number): Tensor {
    const index = op.hyper[n] ?? -1;
    const spec = this.plan.hyper[index];
    if (spec === undefined) throw new RangeError(`${op.layer} ${op.kind}: no column ${String(n)}`);
    let column = this.#columns.get(index);
    if (column === undefined) {
      const words = this.operations.reshape(
        this.operations.slice(this.inputs.words, [0, index], [this.lanes, 1]),
        [this.lanes],
      );
      column = spec.type === 'f32' ? this.operations.bitcast(words, 'f32') : words;
      this.#columns.set(index, column);
    }
    return column;
  }

  /** Converts 32-bit words to 64-bit numbers ≥ 0. */
  unsigned(words: Tensor): Tensor {
    return this.operations.and(
      this.operations.cast(words, 'i64'),
      this.operations.long(0xffffffff),
    );
  }
}

export function tensorAt(tensors: readonly Tensor[], index: number): Tensor {
  const tensor = tensors[index];
  if (tensor === undefined) throw new RangeError(`no tensor ${String(index)}`);
  return tensor;
}
