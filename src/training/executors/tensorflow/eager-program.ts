/**
 * Program that executes op by op, for plans that TensorFlow refuses as a graph. The results have
 * the same meaning; each call adds overhead.
 */
import { at } from '../../../core/at.ts';
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Binding } from './binding.ts';
import { datasetTensors } from './dataset-tensors.ts';
import { EagerEmitter } from './eager-emitter.ts';
import { finiteLanes, NUMBERS, oneStep, type ChunkInputs } from './one-step.ts';
import { Operations } from './operations.ts';
import type { Chunk, ChunkMetrics, HostState, Program, Streams } from './program.ts';
import { datasetTypes, inputTypes, variablesOf } from './saved-model.ts';
import type { StepState } from './step.ts';
import type { DType, Tensor, TensorType } from './tensor.ts';

const NOTHING: StepState = { weights: [], slots: [], statistics: [] };

export class EagerProgram implements Program {
  readonly lanes: number;
  readonly form: string;
  readonly #plan: Plan;
  readonly #binding: Binding;
  readonly #emitter: EagerEmitter;
  readonly #operations: Operations;
  #streams: Streams = { key: new Int32Array(2), trials: new Int32Array(0) };
  #dataset: Pick<ChunkInputs, 'samples' | 'labels'> | undefined;
  #state: StepState = NOTHING;

  /** @param because reason why the graph was not used */
  constructor(binding: Binding, plan: Plan, lanes: number, because: string) {
    this.#binding = binding;
    this.#plan = plan;
    this.lanes = lanes;
    this.form = `op by op, ${String(lanes)} ${lanes === 1 ? 'lane' : 'lanes'}, as the graph failed: ${because}`;
    this.#emitter = new EagerEmitter(binding);
    this.#operations = new Operations(this.#emitter);
  }

  loadDataset(view: DatasetView): void {
    this.#forgetDataset();
    const { samples, labels } = datasetTensors(this.#binding, this.#plan, view);
    const types = datasetTypes(this.#plan);
    this.#dataset = {
      samples: { ref: samples, ...types.samples },
      labels: { ref: labels, ...types.labels },
    };
  }

  setStreams(streams: Streams): void {
    this.#streams = streams;
  }

  write({ weights, slots, statistics }: HostState): void {
    this.#forgetState();
    const types = variablesOf(this.#plan, this.lanes);
    const make = (list: readonly TensorType[], values: readonly Float32Array[]): Tensor[] =>
      list.map(({ dtype, shape }, i) => {
        const ref = this.#binding.createTensor(
          shape,
          this.#binding.TF_FLOAT,
          values[i]?.slice() ?? new Float32Array(0),
        );
        return { ref, dtype, shape };
      });
    this.#state = {
      weights: make(types.weights, weights),
      slots: types.slots.map((slot, s) => make(slot, slots[s] ?? [])),
      statistics: make(types.statistics, statistics),
    };
  }

  read(): HostState {
    const values = (list: readonly Tensor[]): Float32Array[] =>
      list.map(({ ref }) => this.#values(ref) as Float32Array);
    return {
      weights: values(this.#state.weights),
      slots: this.#state.slots.map(values),
      statistics: values(this.#state.statistics),
    };
  }

  train(chunk: Chunk): ChunkMetrics {
    const metrics = this.#loop(chunk, true);
    const finite = this.#operations.cast(finiteLanes(this.#operations, this.#state.weights), 'i32');
    const lanes = Array.from(this.#values(finite.ref), Number);
    this.#emitter.release([]);
    return { ...metrics, finite: lanes };
  }

  evaluate(order: Int32Array, first: number, steps: number): Omit<ChunkMetrics, 'finite'> {
    const words = new Int32Array(this.lanes * this.#plan.hyper.length);
    return this.#loop(
      { order, first, steps, step: 0, epoch: 0, words, rows: 1, live: new Uint8Array(this.lanes) },
      false,
    );
  }

  dispose(): void {
    this.#forgetState();
    this.#forgetDataset();
    this.#emitter.dispose();
  }

  #loop(chunk: Chunk, training: boolean): Omit<ChunkMetrics, 'finite'> {
    if (this.#dataset === undefined) throw new Error('loadDataset comes first');
    const loss = Array<number>(this.lanes).fill(0);
    const correct = Array<number>(this.lanes).fill(0);
    const fed = this.#feed(chunk);
    const inputs: ChunkInputs = { ...fed, ...this.#dataset };
    try {
      for (let index = 0; index < chunk.steps; index++) {
        const done = this.#operations.integer(index);
        const { state, metrics } = oneStep(
          this.#plan,
          this.#operations,
          this.lanes,
          inputs,
          done,
          this.#state,
          training,
        );
        const [losses, hits] = [this.#values(metrics.loss.ref), this.#values(metrics.correct.ref)];
        for (let lane = 0; lane < this.lanes; lane++) {
          loss[lane] = at(loss, lane) + Number(losses[lane]);
          correct[lane] = at(correct, lane) + Number(hits[lane]);
        }
        const before = tensorsOf(this.#state);
        this.#state = state;
        this.#emitter.release(tensorsOf(state));
        const kept = new Set(tensorsOf(state).map(({ ref }) => ref));
        for (const { ref } of before) if (!kept.has(ref)) this.#binding.deleteTensor(Number(ref));
      }
    } finally {
      for (const { ref } of Object.values(fed)) this.#binding.deleteTensor(Number(ref));
    }
    return { loss, correct };
  }

  #feed(chunk: Chunk): Omit<ChunkInputs, 'samples' | 'labels'> {
    const types = inputTypes(this.#plan, this.lanes);
    const numbers = new Int32Array(Object.keys(NUMBERS).length);
    const { first, step, epoch, rows, steps } = chunk;
    for (const [name, value] of Object.entries({
      first,
      step,
      epoch,
      rows,
      steps,
      length: chunk.order.length,
    })) {
      numbers[NUMBERS[name as keyof typeof NUMBERS]] = value;
    }
    const tensor = (
      values: Int32Array,
      shape: readonly number[],
      dtype: DType = 'i32',
    ): Tensor => ({
      ref: this.#binding.createTensor(shape, this.#binding.TF_INT32, values),
      dtype,
      shape,
    });
    return {
      order: tensor(chunk.order, [chunk.order.length]),
      words: tensor(chunk.words, [rows, this.lanes, this.#plan.hyper.length]),
      numbers: tensor(numbers, types.numbers.shape),
      key: tensor(this.#streams.key, types.key.shape),
      trials: tensor(this.#streams.trials, types.trials.shape),
      live: tensor(Int32Array.from(chunk.live), types.live.shape),
    };
  }

  #values(ref: Tensor['ref']): ArrayLike<number> {
    return this.#binding.tensorDataSync(Number(ref)) as Float32Array | Int32Array;
  }

  #forgetState(): void {
    for (const { ref } of tensorsOf(this.#state)) this.#binding.deleteTensor(Number(ref));
    this.#state = NOTHING;
  }

  #forgetDataset(): void {
    for (const { ref } of Object.values(this.#dataset ?? {}))
      this.#binding.deleteTensor(Number(ref));
    this.#dataset = undefined;
  }
}

function tensorsOf({ weights, slots, statistics }: StepState): Tensor[] {
  return [...weights, ...slots.flat(), ...statistics];
}
