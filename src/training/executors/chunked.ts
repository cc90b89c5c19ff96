/**
 * The part of an executable that does not depend on the arithmetic: chunks of at most 50 ms, with
 * checks of signals and stopped lanes in between; divergence; metrics. Subclasses implement the
 * arithmetic of a step on a batch.
 */
import { setImmediate } from 'node:timers/promises';
import type { DatasetView } from '../../datasets/dataset-view.ts';
import type { Plan } from '../plan/plan.ts';
import { TrainingError } from '../training-error.ts';
import type {
  Executable,
  LaneMetrics,
  LaneSeed,
  LaneState,
  Memory,
  Pause,
  RunReport,
  RunRequest,
} from './executor.ts';

/** Work of one step, which yields where the event loop may run. */
export type Work = Generator<undefined, void, undefined>;

/** Target duration of a chunk: half of the limit, because a core may be shared. */
const CHUNK_MILLISECONDS = 25;
/** Most steps of a chunk, of executables without a limit of their own. */
const MOST_STEPS = 4096;

interface LaneTally {
  lossSum: number;
  correct: number;
  samples: number;
  diverged: boolean;
}

export interface Batch {
  /** Dataset indices of the valid samples of the batch. */
  readonly indices: Uint32Array;
  /** Step of the run, from 0. */
  readonly step: number;
  readonly epoch: number;
}

/** A chunk that has been started. */
interface Flight {
  readonly steps: number;
  /** Number of steps that a chunk had when it was started. */
  readonly pace: number;
  readonly began: number;
  readonly ended: Promise<void>;
}

/** A loop over steps in chunks. */
interface Loop {
  readonly steps: number;
  readonly signal: AbortSignal;
  readonly pause: Pause | undefined;
  /** Number of steps of the next chunk; adapted to the duration of each chunk. */
  readonly pace: { steps: number };
  /** Starts a chunk. */
  readonly start: (first: number, steps: number, live: readonly number[]) => Promise<void>;
  /** Called after each chunk. */
  readonly ended?: (done: number) => void;
}

interface Progress {
  /** Number of steps. */
  readonly done: number;
  readonly pausedMs: number;
}

export abstract class ChunkedExecutable implements Executable {
  readonly plan: Plan;
  readonly lanes: number;
  abstract readonly memory: Memory;
  abstract readonly label: string;
  /** Chunks that may be started before the first of them has ended. */
  protected readonly inFlight: number = 1;
  readonly #training = { steps: 1 };
  readonly #evaluation = { steps: 1 };
  #busy = false;
  #disposed = false;
  /** Live lanes; undefined before `begin`, false: stopped. */
  #live: boolean[] = [];
  readonly #stopping = new Set<number>();

  constructor(plan: Plan, lanes: number) {
    this.plan = plan;
    this.lanes = lanes;
  }

  get chunkSteps(): number {
    return this.#training.steps;
  }

  loadDataset(view: DatasetView): Promise<void> {
    return this.#alone(async () => {
      const [shape, expected] = [view.shape.join('×'), this.plan.input.shape.join('×')];
      if (shape !== expected)
        throw new TrainingError(
          'unsupported',
          `dataset: expected samples of ${expected}, found ${shape}`,
        );
      if (view.sampleType !== this.plan.input.type)
        throw new TrainingError(
          'unsupported',
          `dataset: expected ${this.plan.input.type} samples, found ${view.sampleType}`,
        );
      await this.load(view);
    });
  }

  begin(seed: number, lanes: readonly LaneSeed[]): Promise<void> {
    return this.#alone(async () => {
      if (lanes.length > this.lanes)
        throw new RangeError(
          `compiled for ${String(this.lanes)} lanes, asked for ${String(lanes.length)}`,
        );
      this.#live = lanes.map(() => true);
      this.#stopping.clear();
      await this.start(seed, lanes);
    });
  }

  run(request: RunRequest): Promise<RunReport> {
    return this.#alone(async () => {
      const began = performance.now();
      const tallies = this.#live.map(emptyTally);
      await this.beginRun?.(request);
      const { done, pausedMs } = await this.#inChunks({
        steps: request.steps,
        signal: request.signal,
        pause: request.pause,
        pace: this.#training,
        start: (first, steps, live) => this.trainSteps(request, first, steps, live, tallies),
        ended: (steps) => {
          const diverged = this.#freezeDiverged(tallies);
          request.onChunk?.(steps, diverged);
        },
      });
      const lanes = tallies.map((tally, lane) =>
        this.#live[lane] === true || tally.diverged ? tally : null,
      );
      return {
        stepsDone: done,
        aborted: done < request.steps && request.signal.aborted,
        lanes,
        milliseconds: performance.now() - began - pausedMs,
      };
    });
  }

  evaluate(
    indices: Uint32Array,
    signal: AbortSignal,
    pause?: Pause,
  ): Promise<(LaneMetrics | null)[]> {
    return this.#alone(async () => {
      const tallies = this.#live.map(emptyTally);
      await this.beginEvaluation?.(indices);
      await this.#inChunks({
        steps: Math.ceil(indices.length / this.plan.batch),
        signal,
        pause,
        pace: this.#evaluation,
        start: (first, steps, live) => this.evaluateSteps(indices, first, steps, live, tallies),
      });
      for (const lane of this.#liveLanes()) {
        const tally = tallies[lane];
        if (tally !== undefined) tally.diverged = !Number.isFinite(tally.lossSum);
      }
      return tallies.map((tally, lane) =>
        this.#live[lane] === true && !signal.aborted ? tally : null,
      );
    });
  }

  stopLane(lane: number): void {
    this.#stopping.add(lane);
    if (!this.#busy) this.#applyStops();
  }

  compact(): Promise<readonly number[]> {
    return this.#alone(() => {
      const live = this.#liveLanes();
      this.moveTogether(live);
      return live;
    });
  }

  readWeights(lane: number): Promise<LaneState> {
    return this.#alone(() => this.read(lane));
  }

  writeWeights(lane: number, state: LaneState): Promise<void> {
    return this.#alone(() => this.write(lane, state));
  }

  dispose(): Promise<void> {
    if (!this.#disposed) {
      this.#disposed = true;
      this.free();
    }
    return Promise.resolve();
  }

  /** Most steps of a chunk. */
  protected get mostSteps(): number {
    return MOST_STEPS;
  }

  /** Called before the first chunk of a run. */
  protected beginRun?(request: RunRequest): void | Promise<void>;

  /** Called before the first chunk of an evaluation. */
  protected beginEvaluation?(indices: Uint32Array): void | Promise<void>;

  /**
   * Runs the steps of one chunk, starting at `done` of the request, for the live lanes; adds to
   * their tallies, except to those of lanes that diverged in the meantime. With more than one chunk
   * in flight it is called again before its promise resolves: it queues the work of the chunk
   * before it returns.
   */
  protected abstract trainSteps(
    request: RunRequest,
    done: number,
    steps: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void>;
  /** Runs steps first … first+steps−1 of an evaluation. */
  protected abstract evaluateSteps(
    indices: Uint32Array,
    first: number,
    steps: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void>;

  /** Compacts the live lanes if stopped ones occupy places that cost time. */
  protected abstract moveTogether(live: readonly number[]): void;
  protected abstract load(view: DatasetView): void | Promise<void>;
  protected abstract start(seed: number, lanes: readonly LaneSeed[]): void | Promise<void>;
  protected abstract weightsFinite(lane: number): boolean;
  protected abstract read(lane: number): LaneState | Promise<LaneState>;
  protected abstract write(lane: number, state: LaneState): void;
  protected abstract free(): void;

  protected get disposed(): boolean {
    return this.#disposed;
  }

  async #alone<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#disposed) throw new Error('this executable is disposed');
    if (this.#busy) throw new Error('this executable is busy: one call at a time');
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Runs steps in chunks, of which `inFlight` are under way at a time. Signals, stopped lanes and
   * the pause are looked at before each chunk is started.
   * @returns number of steps done, and the duration of pauses in milliseconds
   */
  async #inChunks({ steps, signal, pause, pace, start, ended }: Loop): Promise<Progress> {
    const flights: Flight[] = [];
    let started = 0;
    let done = 0;
    let since = 0;
    let pausedMs = 0;
    for (;;) {
      let pausing: Promise<void> | null = null;
      while (
        flights.length < this.inFlight &&
        started < steps &&
        !signal.aborted &&
        this.#anyLive()
      ) {
        pausing = pause?.() ?? null;
        if (pausing !== null) break;
        const own = Math.min(pace.steps, this.mostSteps, steps - started);
        const began = performance.now();
        const chunk = start(started, own, this.#liveLanes());
        // If an earlier chunk fails, no one waits for this one.
        chunk.catch(() => undefined);
        flights.push({ steps: own, pace: pace.steps, began, ended: chunk });
        started += own;
      }
      const flight = flights.shift();
      if (flight === undefined) {
        if (pausing === null) return { done, pausedMs };
        const from = performance.now();
        await pausing;
        pausedMs += performance.now() - from;
        this.#applyStops();
        continue;
      }
      await flight.ended;
      const now = performance.now();
      const milliseconds = now - Math.max(since, flight.began);
      pace.steps = paced(flight.steps, milliseconds, flight.pace, this.mostSteps);
      since = now;
      done += flight.steps;
      ended?.(done);
      await setImmediate();
      this.#applyStops();
    }
  }

  #anyLive(): boolean {
    return this.#live.includes(true);
  }

  #liveLanes(): number[] {
    return this.#live.flatMap((live, lane) => (live ? [lane] : []));
  }

  #applyStops(): void {
    for (const lane of this.#stopping) if (lane < this.#live.length) this.#live[lane] = false;
    this.#stopping.clear();
  }

  /**
   * Freezes lanes with non-finite weights. One check per chunk is enough, because every update
   * keeps such weights non-finite.
   */
  #freezeDiverged(tallies: LaneTally[]): number[] {
    const frozen: number[] = [];
    for (const lane of this.#liveLanes()) {
      const tally = tallies[lane];
      if (tally === undefined || (Number.isFinite(tally.lossSum) && this.weightsFinite(lane)))
        continue;
      tally.diverged = true;
      this.#live[lane] = false;
      frozen.push(lane);
    }
    return frozen;
  }
}

/** An executable that implements single steps of a batch; a chunk is a loop over them. */
export abstract class StepwiseExecutable extends ChunkedExecutable {
  /** Keeps the places: stopped lanes cost no time here. */
  protected override moveTogether(): void {
    // Nothing to move.
  }

  /**
   * Runs one step of the live lanes and adds to their tallies.
   * @param row index of the hyper row to use
   */
  protected abstract trainStep(
    batch: Batch,
    hyper: Uint32Array,
    row: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Work;
  protected abstract evaluateStep(
    batch: Batch,
    live: readonly number[],
    tallies: LaneTally[],
  ): Work;

  protected override async trainSteps(
    request: RunRequest,
    done: number,
    steps: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void> {
    const { batch } = this.plan;
    const perEpoch = Math.ceil(request.order.length / batch);
    for (let k = 0; k < steps; k++) {
      const at = request.firstStep + done + k;
      const indices = request.order.subarray(at * batch, (at + 1) * batch);
      const row = request.rows === 'run' ? 0 : done + k;
      const batchOf = { indices, step: request.epoch * perEpoch + at, epoch: request.epoch };
      await this.#carryOut(this.trainStep(batchOf, request.hyper, row, live, tallies));
    }
  }

  protected override async evaluateSteps(
    indices: Uint32Array,
    first: number,
    steps: number,
    live: readonly number[],
    tallies: LaneTally[],
  ): Promise<void> {
    const { batch } = this.plan;
    for (let at = first; at < first + steps; at++) {
      const part = { indices: indices.subarray(at * batch, (at + 1) * batch), step: 0, epoch: 0 };
      await this.#carryOut(this.evaluateStep(part, live, tallies));
    }
  }

  /**
   * Runs a step. A long one yields to the event loop, so that heartbeats and signals are processed;
   * stops take effect at the end of the chunk.
   */
  async #carryOut(work: Work): Promise<void> {
    let since = performance.now();
    while (work.next().done !== true) {
      if (performance.now() - since < CHUNK_MILLISECONDS) continue;
      await setImmediate();
      if (this.disposed) throw new Error('this executable is disposed');
      since = performance.now();
    }
  }
}

/** Number of steps of the next chunk, from the duration of the last one. */
function paced(steps: number, milliseconds: number, before: number, most: number): number {
  const wanted = Math.floor((CHUNK_MILLISECONDS * steps) / Math.max(milliseconds, 0.001));
  return Math.max(1, Math.min(wanted, before * 4, most));
}

function emptyTally(): LaneTally {
  return { lossSum: 0, correct: 0, samples: 0, diverged: false };
}

export type { LaneTally };
