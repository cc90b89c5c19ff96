/** A plan on the card: a chunk of steps of all live lanes is one submission and one read. */
import { defined } from '../../../core/at.ts';
import { keyOf, type Key } from '../../../core/random.ts';
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import { withPauses } from '../../../runtime/turn.ts';
import { pad, unpad } from '../../plan/block.ts';
import { blockSize, elements, type Plan } from '../../plan/plan.ts';
import { counterOf, drawing } from '../../run/initialise.ts';
import { ChunkedExecutable, type LaneTally } from '../chunked.ts';
import type { LaneSeed, LaneState, Memory, RunRequest } from '../executor.ts';
import { bufferOf, Buffers } from './buffers.ts';
import { ChunkRunner, IN_FLIGHT, type Chunk, type Step } from './chunk-runner.ts';
import { guarded, mapped, USAGE, type Card } from './device.ts';
import type { Dispatch, Program } from './program.ts';
import { MOST_STEPS, sizesOf } from './sizes.ts';

interface Submission {
  readonly kernels: readonly Dispatch[];
  readonly training: boolean;
  readonly steps: readonly Omit<Step, 'n'>[];
  /** Length of the order. */
  readonly samples: number;
}

export class WebgpuExecutable extends ChunkedExecutable {
  readonly memory: Memory;
  readonly label: string;
  readonly #card: Card;
  readonly #program: Program;
  readonly #runner: ChunkRunner;
  protected override readonly inFlight = IN_FLIGHT;
  #buffers: Buffers | undefined;
  #key: Key = keyOf(0);
  #trials: number[] = [];
  #steps: number[] = [];
  #finite: boolean[] = [];
  #lastOrder: Uint32Array | undefined;
  #lastHyper: Uint32Array | undefined;

  constructor(card: Card, program: Program, plan: Plan, lanes: number, memory: Memory) {
    super(plan, lanes);
    this.memory = memory;
    this.label = `${card.label}:${program.form}`;
    this.#card = card;
    this.#program = program;
    this.#runner = new ChunkRunner(card);
  }

  protected async load(view: DatasetView): Promise<void> {
    const { places, layout } = this.#program;
    this.#buffers?.destroy();
    this.#buffers = undefined;
    const { bindingBytes } = this.#card.limits;
    const sizes = sizesOf(this.plan, places, this.lanes, view, bindingBytes);
    const buffers = await Buffers.allocate(this.#card, layout, sizes);
    this.#buffers = buffers;
    this.#lastOrder = undefined;
    this.#lastHyper = undefined;
    const data = buffers.shared('data');
    buffers.upload(data, 0, view.x);
    const labels = view.y instanceof Float32Array ? view.y : Uint32Array.from(view.y);
    buffers.upload(data, 4 * sizes.labelsAt, labels);
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
    return MOST_STEPS;
  }

  protected override async beginRun({ order, hyper }: RunRequest): Promise<void> {
    const buffers = this.#loaded();
    if (order !== this.#lastOrder) await buffers.fill('order', order);
    if (hyper !== this.#lastHyper) await buffers.fill('hyper', hyper);
    this.#lastOrder = order;
    this.#lastHyper = hyper;
  }

  protected override async beginEvaluation(indices: Uint32Array): Promise<void> {
    // The evaluation overwrites the order of the epoch.
    if (indices !== this.#lastOrder) await this.#loaded().fill('order', indices);
    this.#lastOrder = indices;
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
    const samples = request.order.length;
    const kernels = this.#program.train;
    return this.#submit({ kernels, training: true, steps: all, samples }, live, tallies);
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
    const samples = indices.length;
    const kernels = this.#program.evaluate;
    return this.#submit({ kernels, training: false, steps: all, samples }, live, tallies);
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
    this.#buffers?.destroy();
    this.#buffers = undefined;
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
    { kernels, training, steps, samples }: Submission,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void> {
    const valid = steps.map(({ first }) => Math.min(this.plan.batch, samples - first));
    const metrics = await this.#run({
      kernels,
      together: this.#program.stepsTogether,
      steps: steps.map((step, k) => ({ ...step, n: defined(valid[k]) })),
      last: training ? this.#program.finite : null,
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
