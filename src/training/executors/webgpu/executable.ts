/** A plan on the card: a chunk of steps of all live lanes is one submission and one read. */
import { at, defined } from '../../../core/at.ts';
import { keyOf, type Key } from '../../../core/random.ts';
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import { withPauses } from '../../../runtime/turn.ts';
import { pad, unpad } from '../../plan/block.ts';
import { blockSize, elements, type Plan } from '../../plan/plan.ts';
import { counterOf, drawing } from '../../run/initialise.ts';
import { TrainingError } from '../../training-error.ts';
import { ChunkedExecutable, type LaneTally } from '../chunked.ts';
import type { LaneSeed, LaneState, Memory, RunRequest } from '../executor.ts';
import { bufferOf, Buffers } from './buffers.ts';
import type { CardMemory } from './card-memory.ts';
import { ChunkRunner, IN_FLIGHT, type Chunk, type Step } from './chunk-runner.ts';
import { guarded, mapped, USAGE, type Card } from './device.ts';
import type { Dispatch, Program } from './program.ts';
import { MOST_STEPS, sizesOf, totalBytes } from './sizes.ts';
import { uploadSamples } from './upload-samples.ts';

const STREAMS =
  'the dataset does not fit on the card, so its samples are copied there for each chunk, which is slower';

interface Submission {
  readonly kernels: readonly Dispatch[];
  readonly training: boolean;
  readonly steps: readonly Omit<Step, 'n'>[];
  readonly order: Uint32Array;
}

export class WebgpuExecutable extends ChunkedExecutable {
  readonly memory: Memory;
  readonly label: string;
  readonly #card: Card;
  readonly #program: Program;
  readonly #runner: ChunkRunner;
  protected override readonly inFlight = IN_FLIGHT;
  readonly #cardMemory: CardMemory;
  /** Gives back what the buffers take of the card's memory. */
  #giveBack: () => void = () => undefined;
  #buffers: Buffers | undefined;
  /** The dataset, if its samples are copied to the card for each chunk. */
  #streamed: DatasetView | undefined;
  #key: Key = keyOf(0);
  #trials: number[] = [];
  #steps: number[] = [];
  #finite: boolean[] = [];
  #lastOrder: Uint32Array | undefined;
  #lastHyper: Uint32Array | undefined;

  constructor(
    card: Card,
    program: Program,
    plan: Plan,
    lanes: number,
    memory: Memory,
    cardMemory: CardMemory,
  ) {
    super(plan, lanes);
    this.memory = memory;
    this.#cardMemory = cardMemory;
    this.label = `${card.label}:${program.form}`;
    this.#card = card;
    this.#program = program;
    this.#runner = new ChunkRunner(card);
  }

  get note(): string | undefined {
    return this.#streamed === undefined ? undefined : STREAMS;
  }

  protected async load(view: DatasetView): Promise<void> {
    this.#release();
    this.#lastOrder = undefined;
    this.#lastHyper = undefined;
    const buffers = await this.#allocate(view);
    this.#buffers = buffers;
    const { streamedSteps, labelsAt } = buffers.sizes;
    this.#streamed = streamedSteps > 0 ? view : undefined;
    if (streamedSteps > 0) return;
    const data = buffers.shared('data');
    buffers.upload(data, 0, view.x);
    const labels = view.y instanceof Float32Array ? view.y : Uint32Array.from(view.y);
    buffers.upload(data, 4 * labelsAt, labels);
  }

  protected async start(seed: number, lanes: readonly LaneSeed[]): Promise<void> {
    const { places } = this.#program;
    this.#key = keyOf(seed);
    this.#trials = lanes.map(counterOf);
    this.#steps = lanes.map(() => 0);
    this.#finite = lanes.map(() => true);
    this.#lastHyper = undefined;
    for (const [i, lane] of lanes.entries()) {
      const block = new Float32Array(places.state);
      block.set(await withPauses(drawing(this.plan, seed, lane)));
      for (const { offset, shape, initial } of this.plan.statistics) {
        const from = places.statistics + offset;
        block.fill(initial, from, from + elements(shape));
      }
      if (this.disposed) return;
      this.#writeState(i, block);
    }
  }

  protected override get mostSteps(): number {
    return this.#streamed === undefined ? MOST_STEPS : this.#loaded().sizes.streamedSteps;
  }

  protected override async beginRun({ order, hyper }: RunRequest): Promise<void> {
    await this.#setOrder(order);
    if (hyper !== this.#lastHyper) await this.#loaded().fill('hyper', hyper);
    this.#lastHyper = hyper;
  }

  protected override beginEvaluation(indices: Uint32Array): Promise<void> {
    return this.#setOrder(indices);
  }

  protected trainSteps(
    request: RunRequest,
    done: number,
    steps: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void> {
    const { batch } = this.plan;
    const perEpoch = Math.ceil(request.order.length / batch);
    const all = Array.from({ length: steps }, (_, k) => {
      const at = request.firstStep + done + k;
      return {
        first: at * batch,
        step: request.epoch * perEpoch + at,
        epoch: request.epoch,
        row: request.rows === 'run' ? 0 : done + k,
      };
    });
    for (const lane of live) this.#steps[lane] = defined(this.#steps[lane]) + steps;
    const { order } = request;
    const kernels = this.#program.train;
    return this.#submit({ kernels, training: true, steps: all, order }, live, tallies);
  }

  protected evaluateSteps(
    indices: Uint32Array,
    first: number,
    steps: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void> {
    const all = Array.from({ length: steps }, (_, k) => {
      return { first: (first + k) * this.plan.batch, step: 0, epoch: 0, row: 0 };
    });
    const kernels = this.#program.evaluate;
    return this.#submit({ kernels, training: false, steps: all, order: indices }, live, tallies);
  }

  protected weightsFinite(lane: number): boolean {
    return defined(this.#finite[lane]);
  }

  /** Has nothing to move: the table of live lanes alone determines what is computed. */
  protected moveTogether(): void {
    // Nothing to move.
  }

  protected async read(lane: number): Promise<LaneState> {
    const { places } = this.#program;
    const bytes = 4 * places.state;
    const segment = this.#loaded().segmentOf(lane);
    const { device } = this.#card;
    const staging = await guarded(this.#card, () =>
      device.createBuffer({ size: bytes, usage: USAGE.mapRead | USAGE.copyDst }),
    );
    const encoder = device.createCommandEncoder();
    const from = bytes * (lane - segment.first);
    encoder.copyBufferToBuffer(bufferOf(segment, 'state'), from, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    const values = new Float32Array(await mapped(this.#card, staging, bytes));
    staging.destroy();
    const block = (at: number): Float32Array =>
      unpad(this.plan, values.subarray(at, at + blockSize(this.plan)));
    const statistics = this.plan.statistics.flatMap(({ offset, shape }) => {
      const at = places.statistics + offset;
      return Array.from(values.subarray(at, at + elements(shape)));
    });
    return {
      weights: block(0),
      slots: places.slots.map(block),
      statistics: Float32Array.from(statistics),
      step: defined(this.#steps[lane]),
    };
  }

  protected write(lane: number, state: LaneState): void {
    const { places } = this.#program;
    const values = new Float32Array(places.state);
    values.set(pad(this.plan, state.weights));
    state.slots.forEach((slot, k) => values.set(pad(this.plan, slot), places.slots[k]));
    let from = 0;
    for (const { offset, shape } of this.plan.statistics) {
      const part = state.statistics.subarray(from, from + elements(shape));
      values.set(part, places.statistics + offset);
      from += elements(shape);
    }
    this.#writeState(lane, values);
    this.#steps[lane] = state.step;
  }

  protected free(): void {
    this.#release();
    this.#streamed = undefined;
  }

  #release(): void {
    this.#buffers?.destroy();
    this.#buffers = undefined;
    this.#giveBack();
  }

  #writeState(lane: number, values: Float32Array): void {
    const buffers = this.#loaded();
    const segment = buffers.segmentOf(lane);
    const offset = values.byteLength * (lane - segment.first);
    buffers.upload(bufferOf(segment, 'state'), offset, values);
  }

  #loaded(): Buffers {
    if (this.disposed) throw new Error('this executable is disposed');
    if (this.#buffers === undefined) throw new Error('loadDataset comes first');
    return this.#buffers;
  }

  async #submit(
    { kernels, training, steps, order }: Submission,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void> {
    const { batch } = this.plan;
    const valid = steps.map(({ first }) => Math.min(batch, order.length - first));
    const apart = this.#stream(order, at(steps, 0).first, steps.length);
    const metrics = await this.#run({
      kernels,
      together: this.#program.stepsTogether,
      steps: steps.map((step, k) => ({
        ...step,
        n: defined(valid[k]),
        first: this.#streamed === undefined ? step.first : k * batch,
      })),
      last: training ? this.#program.finite : null,
      apart,
      key: this.#key,
      trials: this.#trials,
      live,
    });
    const count = this.#trials.length;
    for (const lane of live) {
      const tally = defined(tallies[lane]);
      if (tally.diverged) continue;
      for (const [k, n] of valid.entries()) {
        const at = 2 * ((1 + k) * count + lane);
        tally.lossSum += defined(metrics[at]);
        tally.correct += defined(metrics[at + 1]);
        tally.samples += n;
      }
      if (training) this.#finite[lane] = metrics[lane] === 0;
    }
  }

  /** Uploads the order, unless the samples are streamed in that order. */
  async #setOrder(order: Uint32Array): Promise<void> {
    if (this.#streamed !== undefined || order === this.#lastOrder) return;
    await this.#loaded().fill('order', order);
    this.#lastOrder = order;
  }

  /**
   * Copies the samples of a chunk to the card, if the dataset does not lie there.
   * @returns `apart` of the chunk
   */
  #stream(order: Uint32Array, first: number, steps: number): number {
    if (this.#streamed === undefined) return 0;
    const samples = steps * this.plan.batch;
    uploadSamples(this.#loaded(), this.#streamed, order.subarray(first, first + samples), samples);
    return samples;
  }

  /**
   * Allocates the buffers. A dataset that leaves no memory for a single lane stays on the host,
   * unless other executables hold memory.
   * @throws TrainingError `out-of-memory`, `unsupported`
   */
  async #allocate(view: DatasetView): Promise<Buffers> {
    const { places, layout } = this.#program;
    const { bindingBytes } = this.#card.limits;
    const room = { bindingBytes, memoryBytes: this.#cardMemory.bytes };
    const allocate = async (streams: boolean): Promise<Buffers> => {
      const sizes = sizesOf(this.plan, places, this.lanes, view, { ...room, streams });
      this.#giveBack = this.#cardMemory.take(totalBytes(sizes));
      try {
        return await Buffers.allocate(this.#card, layout, sizes);
      } catch (error) {
        this.#giveBack();
        throw error;
      }
    };
    try {
      return await allocate(false);
    } catch (error) {
      const full = error instanceof TrainingError && error.kind === 'out-of-memory';
      if (!full || this.lanes > 1 || !this.#cardMemory.isFree) throw error;
      return allocate(true);
    }
  }

  async #run(chunk: Chunk): Promise<Float32Array> {
    const buffers = this.#loaded();
    try {
      return await this.#runner.run(chunk, buffers);
    } catch (error) {
      // `dispose` destroys the buffer that the chunk waits for.
      if (this.disposed) throw new Error('this executable is disposed', { cause: error });
      throw error;
    }
  }
}
