/**
 * A plan compiled for a bucket of lanes. The program runs whole chunks; this class tracks which
 * lanes exist and where.
 */
import { at } from '../../../core/at.ts';
import { keyOf } from '../../../core/random.ts';
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import { longCall } from '../../../runtime/long-call.ts';
import { elements, type Plan } from '../../plan/plan.ts';
import { counterOf, initialWeights } from '../../run/initialise.ts';
import { TrainingError } from '../../training-error.ts';
import { ChunkedExecutable, type LaneTally } from '../chunked.ts';
import type { LaneSeed, LaneState, Memory, RunRequest } from '../executor.ts';
import { fromTensor, toTensor } from './layout.ts';
import type { HostState, Program } from './program.ts';

/** @param refused TensorFlow's error when the graph ran; given, the program executes op by op */
export type MakeProgram = (lanes: number, refused?: string) => Program;

/**
 * Number of lanes that a program is compiled for: the next power of two, because shapes are static.
 */
export function bucketOf(lanes: number): number {
  let bucket = 1;
  while (bucket < lanes) bucket *= 2;
  return bucket;
}

/**
 * Longest duration of the first call of a program, which optimises its graph: 12 s for
 * EfficientNet-B0 on an idle core, multiplied for a busy one.
 */
const FIRST_CALL_MS = 90_000;

export class TensorflowExecutable extends ChunkedExecutable {
  readonly label: string;
  readonly #make: MakeProgram;
  readonly #memoryOf: (lanes: number, form: string) => Memory;
  #program: Program;
  #dataset: DatasetView | undefined;
  #seed = 0;
  #trials: number[] = [];
  #steps: number[] = [];
  /** Place in the program by lane; undefined: released, its weights are in `kept`. */
  #places: (number | undefined)[] = [];
  readonly #kept = new Map<number, LaneState>();
  #finite: ArrayLike<number> = [];
  /** True if the program has run once: a graph may load and still lack a kernel. */
  #ran = false;
  /** Functions of the program that have been called: the first call of each may block for long. */
  readonly #called = new Set<'train' | 'evaluate'>();
  /** Copy of the program's variables while they are unchanged. */
  #snapshot: HostState | undefined;
  #order: { readonly of: Uint32Array; readonly words: Int32Array } | undefined;

  constructor(
    plan: Plan,
    lanes: number,
    label: string,
    make: MakeProgram,
    memoryOf: (lanes: number, form: string) => Memory,
  ) {
    super(plan, lanes);
    this.label = label;
    this.#make = make;
    this.#memoryOf = memoryOf;
    this.#program = make(bucketOf(lanes));
  }

  get memory(): Memory {
    return this.#memoryOf(this.#program.lanes, this.#program.form);
  }

  protected load(view: DatasetView): void {
    this.#dataset = view;
    this.#program.loadDataset(view);
  }

  protected start(seed: number, lanes: readonly LaneSeed[]): void {
    if (this.#dataset === undefined) throw new Error('loadDataset comes before begin');
    this.#seed = seed;
    this.#trials = lanes.map(counterOf);
    this.#steps = lanes.map(() => 0);
    this.#kept.clear();
    if (this.#program.lanes < bucketOf(lanes.length)) this.#replace(bucketOf(this.lanes));
    this.#places = lanes.map((_, lane) => lane);
    this.#order = undefined;
    const state = this.#emptyState();
    lanes.forEach((lane, place) => {
      this.#fill(state, place, this.#firstState(seed, lane));
    });
    this.#store(state);
    this.#stream();
  }

  protected override async trainSteps(
    request: RunRequest,
    done: number,
    steps: number,
    live: readonly number[],
    tallies: readonly LaneTally[],
  ): Promise<void> {
    const { batch, hyper } = this.plan;
    const order = this.#words(request.order, done === 0);
    const first = request.firstStep + done;
    const rows = request.rows === 'run' ? 1 : steps;
    const row = request.rows === 'run' ? 0 : done;
    const { lanes } = this.#program;
    const begun = this.#places.length;
    const words = new Int32Array(rows * lanes * hyper.length);
    const flags = new Uint8Array(lanes);
    for (const [lane, place] of this.#placed(live)) {
      flags[place] = 1;
      for (let k = 0; k < rows; k++) {
        const from = ((row + k) * begun + lane) * hyper.length;
        words.set(
          request.hyper.subarray(from, from + hyper.length),
          (k * lanes + place) * hyper.length,
        );
      }
    }
    const perEpoch = Math.ceil(request.order.length / batch);
    const step = request.epoch * perEpoch + first;
    this.#snapshot = undefined;
    const chunk = { order, first, steps, step, epoch: request.epoch, words, rows, live: flags };
    const { loss, correct, finite } = await this.#call('train', (program) => program.train(chunk));
    this.#finite = finite;
    const samples = Math.min(order.length, (first + steps) * batch) - first * batch;
    for (const [lane, place] of this.#placed(live)) {
      add(tallies[lane], loss[place], correct[place], samples);
      this.#steps[lane] = at(this.#steps, lane) + steps;
    }
  }

  protected override async evaluateSteps(
    indices: Uint32Array,
    first: number,
    steps: number,
    live: readonly number[],
    tallies: readonly LaneTally[],
  ): Promise<void> {
    const { batch } = this.plan;
    const order = this.#words(indices, first === 0);
    const { loss, correct } = await this.#call('evaluate', (program) =>
      program.evaluate(order, first, steps),
    );
    const samples = Math.min(indices.length, (first + steps) * batch) - first * batch;
    for (const [lane, place] of this.#placed(live))
      add(tallies[lane], loss[place], correct[place], samples);
  }

  /**
   * Moves the live lanes to a smaller bucket where they fit in one. Stopped lanes are kept on the
   * host.
   */
  protected override moveTogether(live: readonly number[]): void {
    const bucket = bucketOf(Math.max(1, live.length));
    if (bucket >= this.#program.lanes || this.#places.length === 0) return;
    const states = this.#places.map((_, lane) => this.read(lane));
    this.#replace(bucket);
    const state = this.#emptyState();
    this.#places = states.map((of, lane) => {
      const place = live.indexOf(lane);
      if (place < 0) {
        this.#kept.set(lane, of);
        return undefined;
      }
      this.#fill(state, place, of);
      return place;
    });
    this.#store(state);
    this.#stream();
  }

  protected weightsFinite(lane: number): boolean {
    return this.#finite[this.#places[lane] ?? -1] === 1;
  }

  protected read(lane: number): LaneState {
    const kept = this.#kept.get(lane);
    if (kept !== undefined) return kept;
    const place = this.#placeOf(lane);
    const { weights, slots, statistics } = (this.#snapshot ??= this.#program.read());
    return {
      weights: this.#packed(weights, place),
      slots: slots.map((slot) => this.#packed(slot, place)),
      statistics: joined(
        this.plan.statistics.map(({ shape }, i) => part(statistics[i], place, elements(shape))),
      ),
      step: at(this.#steps, lane),
    };
  }

  protected write(lane: number, state: LaneState): void {
    this.#steps[lane] = state.step;
    if (this.#kept.has(lane)) {
      this.#kept.set(lane, state);
      return;
    }
    const place = this.#placeOf(lane);
    const all = copyOf(this.#snapshot ?? this.#program.read());
    this.#fill(all, place, state);
    this.#store(all);
  }

  protected free(): void {
    this.#program.dispose();
    this.#dataset = undefined;
    this.#snapshot = undefined;
    this.#kept.clear();
  }

  /**
   * Runs the program. If its first run fails, runs op by op instead.
   * @throws TrainingError
   */
  #carryOut<T>(work: (program: Program) => T): T {
    try {
      const result = work(this.#program);
      this.#ran = true;
      return result;
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error);
      if (/OOM when allocating|RESOURCE_EXHAUSTED|out of memory/i.test(said))
        throw new TrainingError('out-of-memory', `tensorflow: ${said}`);
      if (this.#ran) throw new TrainingError('crashed', `tensorflow: ${said}`);
      this.#ran = true;
      const state = this.#program.read();
      this.#replace(this.#program.lanes, said);
      this.#store(state);
      this.#stream();
      return this.#carryOut(work);
    }
  }

  async #call<T>(name: 'train' | 'evaluate', work: (program: Program) => T): Promise<T> {
    if (this.#called.has(name)) return this.#carryOut(work);
    const result = await longCall(FIRST_CALL_MS, () => {
      // `dispose` may have come with the answer to the announcement.
      if (this.disposed) throw new Error('this executable is disposed');
      return this.#carryOut(work);
    });
    this.#called.add(name);
    return result;
  }

  #replace(lanes: number, refused?: string): void {
    this.#called.clear();
    this.#program.dispose();
    this.#snapshot = undefined;
    this.#program = this.#make(lanes, refused);
    if (this.#dataset !== undefined) this.#program.loadDataset(this.#dataset);
  }

  #stream(): void {
    const trials = new Int32Array(this.#program.lanes);
    this.#places.forEach((place, lane) => {
      if (place !== undefined) trials[place] = at(this.#trials, lane);
    });
    const { low, high } = keyOf(this.#seed);
    this.#program.setStreams({ key: Int32Array.of(low, high), trials });
  }

  #store(state: HostState): void {
    this.#program.write(state);
    this.#snapshot = undefined;
  }

  /**
   * Converts dataset indices to TensorFlow's integers. Copied once per call, because the caller may
   * reuse the array.
   */
  #words(of: Uint32Array, fresh: boolean): Int32Array {
    if (fresh || this.#order?.of !== of) this.#order = { of, words: Int32Array.from(of) };
    return this.#order.words;
  }

  #placed(live: readonly number[]): [number, number][] {
    return live.map((lane) => [lane, this.#placeOf(lane)]);
  }

  #placeOf(lane: number): number {
    const place = this.#places[lane];
    if (place === undefined) throw new RangeError(`no lane ${String(lane)}`);
    return place;
  }

  #emptyState(): HostState {
    const { lanes } = this.#program;
    const zeros = (): Float32Array[] =>
      this.plan.weights.map(({ shape }) => new Float32Array(lanes * elements(shape)));
    return {
      weights: zeros(),
      slots: this.plan.slots.map(zeros),
      statistics: this.plan.statistics.map(({ shape, initial }) =>
        new Float32Array(lanes * elements(shape)).fill(initial),
      ),
    };
  }

  #firstState(seed: number, lane: LaneSeed): LaneState {
    const block = initialWeights(this.plan, seed, lane);
    const weights = joined(
      this.plan.weights.map(({ offset, shape }) =>
        block.subarray(offset, offset + elements(shape)),
      ),
    );
    const statistics = joined(
      this.plan.statistics.map(({ shape, initial }) =>
        new Float32Array(elements(shape)).fill(initial),
      ),
    );
    return {
      weights,
      slots: this.plan.slots.map(() => new Float32Array(weights.length)),
      statistics,
      step: 0,
    };
  }

  /** Writes one lane's values to the arrays of all lanes. */
  #fill(state: HostState, place: number, of: LaneState): void {
    this.#unpack(of.weights, state.weights, place);
    state.slots.forEach((slot, s) => {
      this.#unpack(of.slots[s] ?? new Float32Array(of.weights.length), slot, place);
    });
    let at = 0;
    this.plan.statistics.forEach(({ shape }, i) => {
      const size = elements(shape);
      part(state.statistics[i], place, size).set(of.statistics.subarray(at, at + size));
      at += size;
    });
  }

  #unpack(packed: Float32Array, to: readonly Float32Array[], place: number): void {
    let at = 0;
    this.plan.weights.forEach(({ shape }, i) => {
      const size = elements(shape);
      toTensor(packed.subarray(at, at + size), shape, part(to[i], place, size));
      at += size;
    });
    if (packed.length !== at)
      throw new RangeError(`expected ${String(at)} numbers a lane, found ${String(packed.length)}`);
  }

  #packed(values: readonly Float32Array[], place: number): Float32Array {
    return joined(
      this.plan.weights.map(({ shape }, i) => {
        const to = new Float32Array(elements(shape));
        fromTensor(part(values[i], place, to.length), shape, to);
        return to;
      }),
    );
  }
}

function add(tally: LaneTally | undefined, loss = NaN, correct = 0, samples = 0): void {
  if (tally === undefined) return;
  tally.lossSum += loss;
  tally.correct += correct;
  tally.samples += samples;
}

/** Part of a tensor's values that belongs to one lane. */
function part(values: Float32Array | undefined, place: number, size: number): Float32Array {
  if (values === undefined) throw new RangeError('a tensor is missing');
  return values.subarray(place * size, (place + 1) * size);
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, values) => sum + values.length, 0));
  let at = 0;
  for (const values of parts) {
    whole.set(values, at);
    at += values.length;
  }
  return whole;
}

function copyOf({ weights, slots, statistics }: HostState): HostState {
  const copies = (list: readonly Float32Array[]): Float32Array[] =>
    list.map((values) => values.slice());
  return { weights: copies(weights), slots: slots.map(copies), statistics: copies(statistics) };
}
