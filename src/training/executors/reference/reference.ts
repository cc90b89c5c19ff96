/**
 * The `reference` executor: float64, one function per op, without optimisation. Oracle for the
 * other executors; slow.
 */
import { defined } from '../../../core/at.ts';
import { keyOf } from '../../../core/random.ts';
import type { DatasetShape, DatasetView } from '../../../datasets/dataset-view.ts';
import { pad, unpad } from '../../plan/block.ts';
import { arenaBytes, laneBytes, sharedBytes } from '../../plan/memory.ts';
import { blockSize, elements, type BufferRole, type Plan } from '../../plan/plan.ts';
import { counterOf, initialWeights } from '../../run/initialise.ts';
import { StepwiseExecutable, type Batch, type LaneTally, type Work } from '../chunked.ts';
import type { Executor, LaneSeed, LaneState, Memory, Usable } from '../executor.ts';
import { execute } from './ops.ts';
import { Tensors, type OpInputs } from './tensors.ts';

interface LaneMemory {
  readonly trial: number;
  /** Weights in plan order. */
  readonly weights: Float64Array[];
  /** [slot][weight]. */
  readonly slots: Float64Array[][];
  /** Statistics in plan order. */
  readonly statistics: Float64Array[];
  step: number;
}

export class ReferenceExecutor implements Executor {
  readonly name = 'reference';

  probe(): Promise<Usable> {
    return Promise.resolve({
      usable: true,
      label: 'reference',
      memoryBytes: Infinity,
      parallel: 1,
    });
  }

  estimate(plan: Plan, _lanes: number, dataset: DatasetShape): Memory {
    return {
      sharedBytes: sharedBytes(plan, dataset),
      laneBytes: 2 * laneBytes(plan, 1, plan.batch, arenaBytes(plan)),
      codeBytes: 0,
      form: 'float64, op by op',
    };
  }

  async compile(plan: Plan, lanes: number, signal: AbortSignal): Promise<ReferenceExecutable> {
    signal.throwIfAborted();
    const shape = { samples: 0, shape: plan.input.shape, classes: 0, sampleType: plan.input.type };
    return Promise.resolve(new ReferenceExecutable(plan, lanes, this.estimate(plan, lanes, shape)));
  }
}

export class ReferenceExecutable extends StepwiseExecutable {
  readonly memory: Memory;
  readonly label = 'reference';
  readonly tensors: Tensors;
  #dataset: DatasetView | undefined;
  #lanes: LaneMemory[] = [];
  #seed = 0;

  constructor(plan: Plan, lanes: number, memory: Memory) {
    super(plan, lanes);
    this.memory = memory;
    this.tensors = new Tensors(plan);
  }

  protected load(view: DatasetView): void {
    this.#dataset = view;
  }

  protected start(seed: number, lanes: readonly LaneSeed[]): void {
    this.#seed = seed;
    this.#lanes = lanes.map((lane) => {
      const weights = this.#split(initialWeights(this.plan, seed, lane));
      const slots = this.plan.slots.map(() => weights.map((w) => new Float64Array(w.length)));
      const statistics = this.plan.statistics.map(({ shape, initial }) =>
        new Float64Array(elements(shape)).fill(initial),
      );
      return { trial: counterOf(lane), weights, slots, statistics, step: 0 };
    });
  }

  protected *trainStep(
    batch: Batch,
    hyper: Uint32Array,
    row: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Work {
    const columns = this.plan.hyper.length;
    for (const lane of live) {
      const words = hyper.subarray(
        (row * this.#lanes.length + lane) * columns,
        (row * this.#lanes.length + lane + 1) * columns,
      );
      this.#walk(true, batch, lane, words, tallies[lane]);
      const memory = this.#lanes[lane];
      if (memory !== undefined) memory.step += 1;
      yield;
    }
  }

  protected *evaluateStep(batch: Batch, live: readonly number[], tallies: LaneTally[]): Work {
    const words = new Uint32Array(this.plan.hyper.length);
    for (const lane of live) {
      this.#walk(false, batch, lane, words, tallies[lane]);
      yield;
    }
  }

  #walk(
    training: boolean,
    batch: Batch,
    lane: number,
    words: Uint32Array,
    tally: LaneTally | undefined,
  ): void {
    const memory = this.#lanes[lane];
    const dataset = this.#dataset;
    if (memory === undefined || dataset === undefined || tally === undefined)
      throw new Error('loadDataset and begin come first');
    const n = batch.indices.length;
    const floats = new Float32Array(words.slice().buffer);
    const step: OpInputs = {
      tensors: this.tensors,
      n,
      batch: this.plan.batch,
      step: batch.step,
      epoch: batch.epoch,
      training,
      key: keyOf(this.#seed),
      trial: memory.trial,
      floats,
      words,
      x: dataset.x,
      y: dataset.y,
      indices: batch.indices,
    };
    const owned = this.#owned(memory);
    for (const [buffer, values] of owned) this.tensors.at(buffer).set(values);
    for (const op of training ? this.plan.train : this.plan.evaluate)
      execute(op, step, memory.slots);
    for (const [buffer, values] of owned) values.set(this.tensors.at(buffer));
    const metric = (name: string): number =>
      defined(
        this.tensors.at(
          this.plan.buffers.find((b) => b.role === 'metric' && b.name === name)?.id,
        )[0],
      );
    tally.lossSum += metric('loss');
    tally.correct += metric('correct');
    tally.samples += n;
  }

  /** Buffers of weights and statistics with the lane's arrays. */
  #owned({ weights, statistics }: LaneMemory): [number, Float64Array][] {
    const find = (role: BufferRole, name: string): number =>
      this.plan.buffers.find((b) => b.role === role && b.name === name)?.id ?? -1;
    return [
      ...this.plan.weights.map(({ name }, w): [number, Float64Array] => [
        find('weight', name),
        weights[w] ?? new Float64Array(),
      ]),
      ...this.plan.statistics.map(({ name }, s): [number, Float64Array] => [
        find('statistic', name),
        statistics[s] ?? new Float64Array(),
      ]),
    ];
  }

  protected weightsFinite(lane: number): boolean {
    return this.#lanes[lane]?.weights.every((w) => w.every(Number.isFinite)) ?? true;
  }

  protected read(lane: number): LaneState {
    const memory = this.#lanes[lane];
    if (memory === undefined) throw new RangeError(`no lane ${String(lane)}`);
    return {
      weights: unpad(this.plan, this.#join(memory.weights)),
      slots: memory.slots.map((slot) => unpad(this.plan, this.#join(slot))),
      statistics: Float32Array.from(memory.statistics.flatMap((values) => [...values])),
      step: memory.step,
    };
  }

  protected write(lane: number, state: LaneState): void {
    const memory = this.#lanes[lane];
    if (memory === undefined) throw new RangeError(`no lane ${String(lane)}`);
    const copy = (packed: Float32Array, into: readonly Float64Array[]): void => {
      this.#split(pad(this.plan, packed)).forEach((values, i) => into[i]?.set(values));
    };
    copy(state.weights, memory.weights);
    state.slots.forEach((packed, k) => {
      copy(packed, memory.slots[k] ?? []);
    });
    let at = 0;
    for (const values of memory.statistics) {
      values.set(state.statistics.subarray(at, at + values.length));
      at += values.length;
    }
    memory.step = state.step;
  }

  protected free(): void {
    this.#dataset = undefined;
    this.#lanes = [];
  }

  #split(block: Float32Array): Float64Array[] {
    return this.plan.weights.map(({ offset, shape }) =>
      Float64Array.from(block.subarray(offset, offset + elements(shape))),
    );
  }

  #join(parts: readonly Float64Array[]): Float64Array {
    const block = new Float64Array(blockSize(this.plan));
    this.plan.weights.forEach(({ offset }, i) => block.set(parts[i] ?? [], offset));
    return block;
  }
}
