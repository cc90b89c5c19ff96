/**
 * A module with its memory: places, lanes' blocks, rows of values, cropped images, the dataset.
 * Feeds the kernels batch by batch.
 */
import { defined } from '../../../core/at.ts';
import { keyOf, type Key } from '../../../core/random.ts';
import type { DatasetView } from '../../../datasets/dataset-view.ts';
import { copyInTurns, withPauses } from '../../../runtime/turn.ts';
import { pad, unpad } from '../../plan/block.ts';
import { blockSize, elements, type Plan } from '../../plan/plan.ts';
import { moveOf } from '../../run/augment.ts';
import { counterOf, drawing } from '../../run/initialise.ts';
import { TrainingError } from '../../training-error.ts';
import { StepwiseExecutable, type Batch, type LaneTally, type Work } from '../chunked.ts';
import type { LaneSeed, LaneState, Memory } from '../executor.ts';
import { moveImage } from './crop.ts';
import type { EmittedModule, Kernels } from './emit.ts';
import { engine, type WasmMemory, type WasmModule } from './engine.ts';
import { TILE } from './geometry.ts';
import { FRAME, PACKING, packingTable } from './kernels/frame.ts';
import { laneBlock, type LaneBlock } from './lane-block.ts';
import type { Scope } from './steps.ts';

const PAGE = 65536;
/** Address at which the check for finite weights writes its result. */
const ANSWER = 0;

export interface Compiled extends EmittedModule {
  readonly module: WasmModule;
}

interface PhaseCall {
  readonly scope: Scope;
  readonly run: (lane: number, row: number, tile: number) => void;
}

export class WasmExecutable extends StepwiseExecutable {
  readonly memory: Memory;
  readonly label: string;
  readonly #compiled: Compiled;
  readonly #memory: WasmMemory;
  readonly #kernels: Kernels;
  readonly #train: readonly PhaseCall[];
  readonly #evaluate: readonly PhaseCall[];
  readonly #block: LaneBlock;
  /** Bytes of one sample in the dataset. */
  readonly #sampleBytes: number;
  /** True if training images are cropped or flipped. */
  readonly #moves: boolean;
  /**
   * Byte addresses, in this order: lanes' blocks, rows of values, cropped images of the batch,
   * dataset.
   */
  readonly #lanesAt: number;
  readonly #rowsAt: number;
  readonly #movedAt: number;
  readonly #datasetAt: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #words: Uint32Array = new Uint32Array(0);
  #floats: Float32Array = new Float32Array(0);
  #view: DatasetView | undefined;
  #key: Key = keyOf(0);
  #steps: number[] = [];
  #trials: number[] = [];
  #lastHyper: Uint32Array | undefined;
  #lastRow = -1;

  constructor(plan: Plan, lanes: number, compiled: Compiled, memory: Memory, label: string) {
    super(plan, lanes);
    this.memory = memory;
    this.label = label;
    this.#compiled = compiled;
    this.#block = laneBlock(plan);
    this.#sampleBytes = elements(plan.input.shape) * (plan.input.type === 'u8' ? 1 : 4);
    this.#moves = plan.input.crop > 0 || plan.input.flip;
    this.#lanesAt = roundUp(compiled.end);
    this.#rowsAt = this.#lanesAt + lanes * this.#block.bytes;
    this.#movedAt = this.#rowsAt + roundUp(lanes * plan.hyper.length * 4);
    this.#datasetAt =
      this.#movedAt + (this.#moves ? roundUp(plan.batch * this.#sampleBytes + 16) : 0);
    try {
      this.#memory = new engine.Memory({ initial: Math.ceil(this.#datasetAt / PAGE) });
    } catch {
      throw new TrainingError(
        'out-of-memory',
        `wasm: not enough memory for ${String(Math.round(this.#datasetAt / 2 ** 20))} MiB of lanes and activations`,
      );
    }
    this.#kernels = new engine.Instance(compiled.module, { environment: { memory: this.#memory } })
      .exports as unknown as Kernels;
    const calls = (name: string, scopes: readonly Scope[]): PhaseCall[] =>
      scopes.map((scope, k) => ({ scope, run: this.#kernels[`${name}${String(k)}`] ?? missing }));
    this.#train = calls('train', compiled.train);
    this.#evaluate = calls('evaluate', compiled.evaluate);
    this.#look();
    this.#bytes.set(packingTable(), PACKING);
  }

  protected async load(view: DatasetView): Promise<void> {
    const bytes = view.x.length * view.x.BYTES_PER_ELEMENT;
    const pages =
      Math.ceil((this.#datasetAt + bytes + 16) / PAGE) - this.#memory.buffer.byteLength / PAGE;
    try {
      if (pages > 0) this.#memory.grow(pages);
    } catch {
      throw new TrainingError(
        'out-of-memory',
        `wasm: not enough memory for ${String(Math.round(bytes / 2 ** 20))} MiB of samples`,
      );
    }
    this.#look();
    if (view.x instanceof Uint8Array) await copyInTurns(this.#bytes, view.x, this.#datasetAt);
    else await copyInTurns(this.#floats, view.x, this.#datasetAt / 4);
    this.#view = view;
  }

  protected async start(seed: number, lanes: readonly LaneSeed[]): Promise<void> {
    if (this.#view === undefined) throw new Error('loadDataset comes before begin');
    this.#key = keyOf(seed);
    this.#words[FRAME.keyLow / 4] = this.#key.low;
    this.#words[FRAME.keyHigh / 4] = this.#key.high;
    this.#steps = lanes.map(() => 0);
    this.#trials = lanes.map(counterOf);
    this.#lastHyper = undefined;
    for (const [i, lane] of lanes.entries()) {
      const at = this.#laneAt(i) / 4;
      this.#floats.fill(0, at, at + this.#block.bytes / 4);
      const weights = await withPauses(drawing(this.plan, seed, lane));
      // After `dispose` there is no memory to write to.
      if (this.disposed) return;
      this.#floats.set(weights, at);
      for (const { shape, offset, initial } of this.plan.statistics) {
        const from = at + this.#block.statistics / 4 + offset;
        this.#floats.fill(initial, from, from + elements(shape));
      }
    }
  }

  protected *trainStep(
    batch: Batch,
    hyper: Uint32Array,
    row: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Work {
    if (hyper !== this.#lastHyper || row !== this.#lastRow) {
      const width = this.#trials.length * this.plan.hyper.length;
      this.#words.set(hyper.subarray(row * width, (row + 1) * width), this.#rowsAt / 4);
      this.#lastHyper = hyper;
      this.#lastRow = row;
    }
    this.#words[FRAME.step / 4] = batch.step;
    yield* this.#pass(batch, live, this.#train, this.#moves);
    for (const lane of live) {
      this.#kernels.update(this.#laneAt(lane), this.#rowAt(lane));
      this.#collect(lane, batch.indices.length, tallies[lane]);
      this.#steps[lane] = defined(this.#steps[lane]) + 1;
      yield;
    }
  }

  protected *evaluateStep(batch: Batch, live: readonly number[], tallies: LaneTally[]): Work {
    yield* this.#pass(batch, live, this.#evaluate, false);
    for (const lane of live) this.#collect(lane, batch.indices.length, tallies[lane]);
  }

  /**
   * Runs the phases. With a single phase, four samples at a time are gathered once and used by each
   * lane while they are in the L1 cache. With several phases, the whole batch is gathered once,
   * then each lane runs its phases.
   */
  *#pass(
    { indices, epoch }: Batch,
    live: readonly number[],
    phases: readonly PhaseCall[],
    moves: boolean,
  ): Work {
    const words = this.#words;
    const n = indices.length;
    const tiles = Math.ceil(n / TILE);
    if (moves) this.#moveAll(indices, epoch);
    this.#floats[FRAME.share / 4] = 1 / n;
    words[FRAME.count / 4] = n;
    if (!this.#compiled.whole) {
      const [phase = { scope: 'tile', run: missing }] = phases;
      for (let tile = 0; tile < tiles; tile++) {
        this.#gather(indices, tile, moves);
        for (const lane of live) {
          words[FRAME.trial / 4] = defined(this.#trials[lane]);
          phase.run(this.#laneAt(lane), this.#rowAt(lane), tile);
        }
        yield;
      }
      return;
    }
    for (let tile = 0; tile < tiles; tile++) this.#gather(indices, tile, moves);
    yield;
    for (const lane of live) {
      words[FRAME.trial / 4] = defined(this.#trials[lane]);
      const [at, row] = [this.#laneAt(lane), this.#rowAt(lane)];
      for (const { scope, run } of phases) {
        if (scope === 'batch') {
          run(at, row, tiles);
          yield;
          continue;
        }
        for (let tile = 0; tile < tiles; tile++) {
          this.#point(n, tile);
          run(at, row, tile);
          yield;
        }
      }
    }
  }

  #point(n: number, tile: number): void {
    this.#words[FRAME.valid / 4] = Math.min(TILE, n - tile * TILE);
    this.#words[FRAME.position / 4] = tile * TILE;
  }

  /**
   * Writes samples and labels of a tile. Positions beyond the batch repeat its first sample, so
   * that all values stay finite.
   */
  #gather(indices: Uint32Array, tile: number, moves: boolean): void {
    const bytes = this.#sampleBytes;
    this.#point(indices.length, tile);
    for (let s = 0; s < TILE; s++) {
      const position = tile * TILE + s < indices.length ? tile * TILE + s : 0;
      const index = defined(indices[position]);
      this.#words[FRAME.sources / 4 + s] = moves
        ? this.#movedAt + position * bytes
        : this.#datasetAt + index * bytes;
      this.#label(tile, s, index);
    }
    this.#kernels.gather(0, 0, tile);
  }

  #label(tile: number, s: number, index: number): void {
    const { address, stride } = this.#compiled.labels;
    const at = (address + tile * stride) / 4 + s;
    const y = this.#view?.y;
    if (y instanceof Float32Array) {
      const units = this.#view?.targets ?? 1;
      for (let u = 0; u < units; u++) this.#floats[at + u * TILE] = defined(y[index * units + u]);
    } else this.#words[at] = defined(y?.[index]);
  }

  #moveAll(indices: Uint32Array, epoch: number): void {
    const { shape, crop, flip, type } = this.plan.input;
    const [channels = 1, h = 1, w = 1] = shape;
    const size = channels * h * w;
    const memory = type === 'u8' ? this.#bytes : this.#floats;
    const unit = type === 'u8' ? 1 : 4;
    const random = new Uint32Array(4);
    indices.forEach((index, position) => {
      const from = this.#datasetAt / unit + index * size;
      const to = this.#movedAt / unit + position * size;
      const move = moveOf(crop, flip, this.#key, epoch, index, random);
      moveImage(
        memory.subarray(from, from + size),
        memory.subarray(to, to + size),
        [channels, h, w],
        move,
      );
    });
  }

  #collect(lane: number, samples: number, tally: LaneTally | undefined): void {
    const at = (this.#laneAt(lane) + this.#block.tally) / 4;
    if (tally === undefined) return;
    tally.lossSum += defined(this.#floats[at]);
    tally.correct += defined(this.#words[at + 1]);
    tally.samples += samples;
    this.#floats[at] = 0;
    this.#words[at + 1] = 0;
  }

  protected weightsFinite(lane: number): boolean {
    this.#kernels.finite(this.#laneAt(lane), ANSWER);
    return this.#words[ANSWER / 4] === 1;
  }

  protected read(lane: number): LaneState {
    const blocks = [0, ...this.plan.slots.map((_, k) => k + 1)].map((k) => {
      const at = (this.#laneAt(lane) + k * this.#block.slot) / 4;
      return unpad(this.plan, this.#floats.subarray(at, at + blockSize(this.plan)));
    });
    const [weights = new Float32Array(0), ...slots] = blocks;
    const at = (this.#laneAt(lane) + this.#block.statistics) / 4;
    const statistics = this.plan.statistics.flatMap(({ shape, offset }) => [
      ...this.#floats.subarray(at + offset, at + offset + elements(shape)),
    ]);
    return {
      weights,
      slots,
      statistics: Float32Array.from(statistics),
      step: defined(this.#steps[lane]),
    };
  }

  protected write(lane: number, state: LaneState): void {
    const parameters = this.plan.weights.reduce((sum, w) => sum + elements(w.shape), 0);
    [state.weights, ...state.slots].forEach((packed, k) => {
      if (packed.length !== parameters)
        throw new RangeError(
          `expected ${String(parameters)} numbers a block, found ${String(packed.length)}`,
        );
      this.#floats.set(pad(this.plan, packed), (this.#laneAt(lane) + k * this.#block.slot) / 4);
    });
    const at = (this.#laneAt(lane) + this.#block.statistics) / 4;
    let first = 0;
    for (const { shape, offset } of this.plan.statistics) {
      const size = elements(shape);
      this.#floats.set(state.statistics.subarray(first, first + size), at + offset);
      first += size;
    }
    this.#steps[lane] = state.step;
  }

  protected free(): void {
    this.#bytes = new Uint8Array(0);
    this.#words = new Uint32Array(0);
    this.#floats = new Float32Array(0);
    this.#view = undefined;
  }

  #laneAt(lane: number): number {
    return this.#lanesAt + lane * this.#block.bytes;
  }

  #rowAt(lane: number): number {
    return this.#rowsAt + lane * this.plan.hyper.length * 4;
  }

  #look(): void {
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

function missing(): never {
  throw new Error('the module lacks a phase');
}
