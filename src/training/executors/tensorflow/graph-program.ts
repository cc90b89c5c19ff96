/**
 * Program that runs as one graph. The graph is written to a temporary folder, loaded and run by the
 * binding's session.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Binding } from './binding.ts';
import { datasetTensors } from './dataset-tensors.ts';
import { NUMBERS } from './one-step.ts';
import type { Chunk, ChunkMetrics, HostState, Program, Streams } from './program.ts';
import { emitModel, variablesOf, type Variable, type Variables } from './saved-model.ts';

type Values = Float32Array | Int32Array | Uint8Array;

export class GraphProgram implements Program {
  readonly lanes: number;
  readonly form: string;
  readonly #plan: Plan;
  readonly #binding: Binding;
  readonly #model: number;
  readonly #variables: Variables;
  readonly #xla: boolean;
  #streams: Streams = { key: new Int32Array(2), trials: new Int32Array(0) };
  /** Tensor of the most recently used order. */
  #order: { readonly values: Int32Array; readonly id: number } | undefined;
  #disposed = false;

  /**
   * @param xla whether XLA compiles the loops, with the first run
   * @throws TensorFlow's error for a graph that it refuses
   */
  constructor(binding: Binding, plan: Plan, lanes: number, xla = false) {
    const { bytes, nodes } = emitModel(plan, lanes, xla);
    const folder = mkdtempSync(join(tmpdir(), 'galapagos-graph-'));
    try {
      writeFileSync(join(folder, 'saved_model.pb'), bytes);
      this.#model = binding.loadSavedModel(folder, 'serve');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    this.#binding = binding;
    this.#plan = plan;
    this.lanes = lanes;
    this.#xla = xla;
    this.form = `one graph of ${String(nodes)} nodes, ${String(lanes)} ${lanes === 1 ? 'lane' : 'lanes'}${xla ? ', compiled by XLA' : ''}`;
    this.#variables = variablesOf(plan, lanes);
  }

  loadDataset(view: DatasetView): void {
    const tensors = datasetTensors(this.#binding, this.#plan, view);
    try {
      this.#run(
        new Map([
          ['new_samples', tensors.samples],
          ['new_labels', tensors.labels],
        ]),
        ['loaded'],
        () => undefined,
      );
    } finally {
      this.#binding.deleteTensor(tensors.samples);
      this.#binding.deleteTensor(tensors.labels);
    }
  }

  setStreams(streams: Streams): void {
    this.#streams = streams;
  }

  write({ weights, slots, statistics }: HostState): void {
    const feeds = new Map<string, number>();
    const feed = (list: readonly Variable[], values: readonly Float32Array[]): void => {
      list.forEach(({ name, shape }, i) => {
        feeds.set(
          `new_${name}`,
          this.#binding.createTensor(
            shape,
            this.#binding.TF_FLOAT,
            values[i] ?? new Float32Array(0),
          ),
        );
      });
    };
    feed(this.#variables.weights, weights);
    this.#variables.slots.forEach((slot, s) => feed(slot, slots[s] ?? []));
    feed(this.#variables.statistics, statistics);
    try {
      this.#run(feeds, ['stored'], () => undefined);
    } finally {
      for (const id of feeds.values()) this.#binding.deleteTensor(id);
    }
  }

  read(): HostState {
    const { weights, slots, statistics } = this.#variables;
    const all = [...weights, ...slots.flat(), ...statistics];
    const values = this.#run(
      new Map(),
      all.map(({ name }) => `${name}_value`),
      (found) => found as Float32Array[],
    );
    const count = weights.length;
    return {
      weights: values.slice(0, count),
      slots: slots.map((_, s) => values.slice((s + 1) * count, (s + 2) * count)),
      statistics: values.slice((1 + slots.length) * count),
    };
  }

  train(chunk: Chunk): ChunkMetrics {
    return this.#loop('train', chunk, ['train_finite'], ([loss, correct, finite = []]) => ({
      loss: loss ?? [],
      correct: correct ?? [],
      finite,
    }));
  }

  evaluate(order: Int32Array, first: number, steps: number): Omit<ChunkMetrics, 'finite'> {
    const words = new Int32Array(this.lanes * this.#plan.hyper.length);
    const live = new Uint8Array(this.lanes);
    const chunk: Chunk = { order, first, steps, step: 0, epoch: 0, words, rows: 1, live };
    return this.#loop('evaluate', chunk, [], ([loss, correct]) => ({
      loss: loss ?? [],
      correct: correct ?? [],
    }));
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#order !== undefined) this.#binding.deleteTensor(this.#order.id);
    this.#order = undefined;
    this.#binding.deleteSavedModel(this.#model);
  }

  /** @param collect combines loss, correct count and the further outputs */
  #loop<T>(
    name: string,
    chunk: Chunk,
    more: readonly string[],
    collect: (values: readonly (readonly number[])[]) => T,
  ): T {
    const integers = (shape: readonly number[], values: Int32Array): number =>
      this.#binding.createTensor(shape, this.#binding.TF_INT32, values);
    const numbers = new Int32Array(Object.keys(NUMBERS).length);
    numbers[NUMBERS.first] = chunk.first;
    numbers[NUMBERS.step] = chunk.step;
    numbers[NUMBERS.epoch] = chunk.epoch;
    numbers[NUMBERS.length] = chunk.order.length;
    numbers[NUMBERS.rows] = chunk.rows;
    numbers[NUMBERS.steps] = chunk.steps;
    // XLA compiles once for each shape: few lengths.
    const rows = this.#xla ? powerOfTwo(chunk.rows) : chunk.rows;
    const words =
      rows === chunk.rows
        ? chunk.words
        : new Int32Array(rows * this.lanes * this.#plan.hyper.length);
    words.set(chunk.words);
    const feeds = new Map([
      ['words', integers([rows, this.lanes, this.#plan.hyper.length], words)],
      ['numbers', integers([numbers.length], numbers)],
      ['key', integers([2], this.#streams.key)],
      ['trials', integers([this.lanes], this.#streams.trials)],
      ['live', integers([this.lanes], Int32Array.from(chunk.live))],
    ]);
    try {
      const outputs = [`${name}_loss_high`, `${name}_loss_low`, `${name}_correct`, ...more];
      return this.#run(
        new Map([...feeds, ['order', this.#orderTensor(chunk.order)]]),
        outputs,
        ([high, low, ...rest]) =>
          collect([
            Array.from(high ?? [], (value, lane) => value + (low?.[lane] ?? 0)),
            ...rest.map((values) => Array.from(values)),
          ]),
      );
    } finally {
      for (const id of feeds.values()) this.#binding.deleteTensor(id);
    }
  }

  #orderTensor(values: Int32Array): number {
    if (this.#order?.values !== values) {
      if (this.#order !== undefined) this.#binding.deleteTensor(this.#order.id);
      this.#order = {
        values,
        id: this.#binding.createTensor([values.length], this.#binding.TF_INT32, values),
      };
    }
    return this.#order.id;
  }

  #run<T>(
    feeds: ReadonlyMap<string, number>,
    outputs: readonly string[],
    collect: (values: readonly Values[]) => T,
  ): T {
    const slot = (name: string): string => `${name}:0`;
    const tensors = this.#binding.runSavedModel(
      this.#model,
      [...feeds.values()],
      [...feeds.keys()].map(slot).join(),
      outputs.map(slot).join(),
    );
    try {
      return collect(tensors.map(({ id }) => this.#binding.tensorDataSync(id) as Values));
    } finally {
      for (const { id } of tensors) this.#binding.deleteTensor(id);
    }
  }
}

function powerOfTwo(least: number): number {
  let power = 1;
  while (power < least) power *= 2;
  return power;
}
