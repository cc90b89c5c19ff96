/** The `wasm` executor: a SIMD module emitted for the plan's shapes. Equal bits on every machine; one process a core. */
import { setFlagsFromString } from 'node:v8';
import { keyOf } from '../../../core/random.ts';
import { counterOf, initialWeights } from '../../initialise.ts';
import { pad, unpad } from '../../plan/block.ts';
import { planHash } from '../../plan/hash.ts';
import type { DatasetShape } from '../../plan/memory.ts';
import { blockSize, elements, type Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import { StepwiseExecutable, type Batch, type LaneTally } from '../chunked.ts';
import type { DatasetView, Executor, LaneSeed, LaneState, Memory, Usable } from '../executor.ts';
import { engine, type WasmMemory, type WasmModule } from './engine.ts';
import { emitModule, type EmittedModule, type Kernels } from './emit.ts';
import { TILE } from './geometry.ts';
import { FRAME, PACKING, packingTable } from './kernels/frame.ts';
import { laneBlock, type LaneBlock } from './lane-block.ts';

const PAGE = 65536;

interface Compiled extends EmittedModule {
  readonly module: WasmModule;
}

export class WasmExecutor implements Executor {
  readonly name = 'wasm';
  /** By plan hash. */
  readonly #emitted = new Map<string, EmittedModule>();
  readonly #compiled = new Map<string, Compiled>();

  probe(): Promise<Usable> {
    // (module (func (result v128) i32.const 0 i8x16.splat)): SIMD or not
    const simd = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11);
    return Promise.resolve(
      engine.validate(simd)
        ? { usable: true, label: 'wasm', memoryBytes: 4 * 2 ** 30, parallel: 1 }
        : { usable: false, reason: 'this Node has no WebAssembly SIMD', remedy: 'use Node 20.19 or newer on a 64-bit processor' },
    );
  }

  /** A tile's memory is shared: lanes use it one after another. A lane's own are its weights, slots, gradients and values. */
  estimate(plan: Plan, _lanes: number, dataset: DatasetShape): Memory {
    const { bytes, end } = this.#emit(planHash(plan), plan);
    return {
      sharedBytes: dataset.samples * (elements(dataset.shape) + 1) + 4 * plan.batch + end,
      laneBytes: laneBlock(plan).bytes + 4 * plan.hyper.length,
      codeBytes: bytes.length,
      form: 'tiles of 4 samples, forward and backward whole',
    };
  }

  async compile(plan: Plan, lanes: number, signal: AbortSignal): Promise<WasmExecutable> {
    signal.throwIfAborted();
    const key = planHash(plan);
    let compiled = this.#compiled.get(key);
    if (compiled === undefined) {
      const emitted = this.#emit(key, plan);
      optimiseFromTheStart();
      try {
        compiled = { ...emitted, module: await engine.compile(emitted.bytes) };
      } catch (error) {
        throw new TrainingError('compile-failed', `wasm: ${error instanceof Error ? error.message : String(error)}`);
      }
      this.#compiled.set(key, compiled);
    }
    const shape = { samples: 0, shape: plan.input.shape, classes: 0, sampleType: plan.input.type };
    return new WasmExecutable(plan, lanes, compiled, this.estimate(plan, lanes, shape));
  }

  #emit(key: string, plan: Plan): EmittedModule {
    let emitted = this.#emitted.get(key);
    if (emitted === undefined) this.#emitted.set(key, (emitted = emitModule(plan)));
    return emitted;
  }
}

let flagged = false;

/** V8 starts in its baseline tier, several times slower, and moves up per function; our modules are all hot. */
function optimiseFromTheStart(): void {
  if (flagged) return;
  flagged = true;
  setFlagsFromString('--no-liftoff');
  setFlagsFromString('--no-wasm-lazy-compilation');
}

export class WasmExecutable extends StepwiseExecutable {
  readonly memory: Memory;
  readonly label = 'wasm';
  readonly #memory: WasmMemory;
  readonly #kernels: Kernels;
  readonly #block: LaneBlock;
  /** Byte addresses: lanes' blocks, rows of values, the batch's order, then the dataset. */
  readonly #lanesAt: number;
  readonly #rowsAt: number;
  readonly #orderAt: number;
  readonly #datasetAt: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #words: Uint32Array = new Uint32Array(0);
  #floats: Float32Array = new Float32Array(0);
  #steps: number[] = [];
  #trials: number[] = [];
  #lastHyper: Uint32Array | undefined;
  #lastRow = -1;
  #ready = false;

  constructor(plan: Plan, lanes: number, compiled: Compiled, memory: Memory) {
    super(plan, lanes);
    this.memory = memory;
    this.#block = laneBlock(plan);
    this.#lanesAt = Math.ceil(compiled.end / 64) * 64;
    this.#rowsAt = this.#lanesAt + lanes * this.#block.bytes;
    this.#orderAt = this.#rowsAt + Math.ceil((lanes * plan.hyper.length * 4) / 64) * 64;
    this.#datasetAt = this.#orderAt + Math.ceil((plan.batch * 4 + 16) / 64) * 64;
    this.#memory = new engine.Memory({ initial: Math.ceil(this.#datasetAt / PAGE) });
    this.#kernels = new engine.Instance(compiled.module, { environment: { memory: this.#memory } }).exports as unknown as Kernels;
    this.#view();
    this.#bytes.set(packingTable(), PACKING);
  }

  protected load(view: DatasetView): void {
    if (!(view.x instanceof Uint8Array) || !(view.y instanceof Uint8Array))
      throw new TrainingError('unsupported', 'wasm: expected a dataset of bytes with at most 256 classes');
    const labelsAt = this.#datasetAt + Math.ceil((view.x.length + 16) / 16) * 16;
    const pages = Math.ceil((labelsAt + view.y.length) / PAGE) - this.#memory.buffer.byteLength / PAGE;
    try {
      if (pages > 0) this.#memory.grow(pages);
    } catch {
      throw new TrainingError('out-of-memory', `wasm: no room for ${String(Math.round(view.x.length / 2 ** 20))} MiB of samples`);
    }
    this.#view();
    this.#bytes.set(view.x, this.#datasetAt);
    this.#bytes.set(view.y, labelsAt);
    this.#words[FRAME.samples / 4] = this.#datasetAt;
    this.#words[FRAME.labels / 4] = labelsAt;
    this.#ready = true;
  }

  protected start(seed: number, lanes: readonly LaneSeed[]): void {
    if (!this.#ready) throw new Error('loadDataset comes before begin');
    const key = keyOf(seed);
    this.#words[FRAME.keyLow / 4] = key.low;
    this.#words[FRAME.keyHigh / 4] = key.high;
    this.#steps = lanes.map(() => 0);
    this.#trials = lanes.map(counterOf);
    this.#lastHyper = undefined;
    lanes.forEach((lane, i) => {
      const at = this.#laneAt(i) / 4;
      this.#floats.fill(0, at, at + this.#block.bytes / 4);
      this.#floats.set(initialWeights(this.plan, seed, lane), at);
    });
  }

  protected trainStep(batch: Batch, hyper: Uint32Array, row: number, live: readonly number[], tallies: LaneTally[]): void {
    const columns = this.plan.hyper.length;
    if (hyper !== this.#lastHyper || row !== this.#lastRow) {
      const width = this.#trials.length * columns;
      this.#words.set(hyper.subarray(row * width, (row + 1) * width), this.#rowsAt / 4);
      this.#lastHyper = hyper;
      this.#lastRow = row;
    }
    this.#words[FRAME.step / 4] = batch.step;
    this.#eachTile(batch, live, this.#kernels.train);
    for (const lane of live) {
      this.#kernels.update(this.#laneAt(lane), this.#rowAt(lane));
      this.#collect(lane, batch.indices.length, tallies[lane]);
      this.#steps[lane] = (this.#steps[lane] ?? 0) + 1;
    }
  }

  protected evaluateStep(batch: Batch, live: readonly number[], tallies: LaneTally[]): void {
    this.#eachTile(batch, live, this.#kernels.evaluate);
    for (const lane of live) this.#collect(lane, batch.indices.length, tallies[lane]);
  }

  /** Four samples at a time: gathered once, then each lane works on them while they are in the first cache. */
  #eachTile({ indices }: Batch, live: readonly number[], kernel: (lane: number, row: number) => void): void {
    const words = this.#words;
    const n = indices.length;
    words.set(indices, this.#orderAt / 4);
    this.#floats[FRAME.share / 4] = 1 / n;
    words[FRAME.first / 4] = this.#orderAt;
    for (let position = 0; position < n; position += TILE) {
      words[FRAME.valid / 4] = Math.min(TILE, n - position);
      words[FRAME.position / 4] = position;
      words[FRAME.order / 4] = this.#orderAt + 4 * position;
      this.#kernels.gather();
      for (const lane of live) {
        words[FRAME.trial / 4] = this.#trials[lane] ?? 0;
        kernel(this.#laneAt(lane), this.#rowAt(lane));
      }
    }
  }

  #collect(lane: number, samples: number, tally: LaneTally | undefined): void {
    const at = this.#laneAt(lane);
    if (tally === undefined) return;
    tally.lossSum += this.#floats[(at + this.#block.lossSum) / 4] ?? NaN;
    tally.correct += this.#words[(at + this.#block.hits) / 4] ?? 0;
    tally.samples += samples;
    this.#floats[(at + this.#block.lossSum) / 4] = 0;
    this.#words[(at + this.#block.hits) / 4] = 0;
  }

  protected weightsFinite(lane: number): boolean {
    const at = this.#laneAt(lane) / 4;
    for (let i = at; i < at + blockSize(this.plan); i++) if (((this.#words[i] ?? 0) & 0x7f800000) === 0x7f800000) return false;
    return true;
  }

  protected read(lane: number): LaneState {
    const blocks = [0, ...this.plan.slots.map((_, k) => k + 1)].map((k) => {
      const at = (this.#laneAt(lane) + k * this.#block.slot) / 4;
      return unpad(this.plan, this.#floats.subarray(at, at + blockSize(this.plan)));
    });
    const [weights = new Float32Array(0), ...slots] = blocks;
    return { weights, slots, statistics: new Float32Array(0), step: this.#steps[lane] ?? 0 };
  }

  protected write(lane: number, state: LaneState): void {
    const parameters = this.plan.weights.reduce((sum, w) => sum + elements(w.shape), 0);
    [state.weights, ...state.slots].forEach((packed, k) => {
      if (packed.length !== parameters)
        throw new RangeError(`expected ${String(parameters)} numbers a block, found ${String(packed.length)}`);
      this.#floats.set(pad(this.plan, packed), (this.#laneAt(lane) + k * this.#block.slot) / 4);
    });
    this.#steps[lane] = state.step;
  }

  protected free(): void {
    this.#bytes = new Uint8Array(0);
    this.#words = new Uint32Array(0);
    this.#floats = new Float32Array(0);
  }

  #laneAt(lane: number): number {
    return this.#lanesAt + lane * this.#block.bytes;
  }

  #rowAt(lane: number): number {
    return this.#rowsAt + lane * this.plan.hyper.length * 4;
  }

  #view(): void {
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#words = new Uint32Array(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }
}
