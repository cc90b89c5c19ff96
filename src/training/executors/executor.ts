/**
 * Interface of executors, which run plans. Executors differ in speed and rounding only; `reference`
 * is the oracle of the others.
 */
import type { DatasetShape, DatasetView } from '../../datasets/dataset-view.ts';
import type { Plan } from '../plan/plan.ts';

export interface Executor {
  readonly name: 'reference' | 'wasm' | 'webgpu' | 'tensorflow';
  /** Checks whether the executor can run here, and if not, what would help. */
  probe(): Promise<Usable>;
  /** Estimates the memory before anything is allocated. */
  estimate(plan: Plan, lanes: number, dataset: DatasetShape): Memory;
  /**
   * Compiles a plan.
   * @throws TrainingError `compile-failed`, `unsupported`, `out-of-memory`
   */
  compile(plan: Plan, lanes: number, signal: AbortSignal): Promise<Executable>;
}

export type Usable =
  | {
      readonly usable: true;
      readonly label: string;
      readonly memoryBytes: number;
      /** Number of executables that run side by side without loss. */
      readonly parallel: number;
    }
  | {
      readonly usable: false;
      readonly reason: string;
      readonly remedy: string;
      /** True if the worker was started for a device that is gone. */
      readonly lost?: boolean;
    };

export interface Memory {
  readonly sharedBytes: number;
  readonly laneBytes: number;
  readonly codeBytes: number;
  /** Describes how the plan is executed, as text. */
  readonly form: string;
}

export interface LaneSeed {
  readonly trial: number;
  /** true: all trials of the study share one initialisation and one stream of masks. */
  readonly shared: boolean;
}

/**
 * A compiled plan with its memory. Calls in order: `loadDataset`, `begin`, then `run`, `evaluate`,
 * reads and writes. A call during another one throws. After an error only `dispose` is allowed.
 */
export interface Executable {
  readonly plan: Plan;
  readonly lanes: number;
  readonly memory: Memory;
  /** Label that attempts record, because rounding depends on the executor. */
  readonly label: string;
  /** Remark for the user on how the plan runs, once the dataset is loaded; absent: none. */
  readonly note?: string | undefined;
  /** Number of steps between two checks of signals: at most about 50 ms of work. */
  readonly chunkSteps: number;
  loadDataset(view: DatasetView): Promise<void>;
  /**
   * Initialises the weights and sets slots and step to 0. `lanes` may be fewer than compiled for.
   */
  begin(seed: number, lanes: readonly LaneSeed[]): Promise<void>;
  /** Runs steps firstStep … firstStep+steps−1 of one epoch. */
  run(request: RunRequest): Promise<RunReport>;
  /**
   * Returns the metrics over a list of indices, in the order of `begin`; null for a stopped lane.
   */
  evaluate(
    indices: Uint32Array,
    signal: AbortSignal,
    pause?: Pause,
  ): Promise<(LaneMetrics | null)[]>;
  /**
   * Stops a lane: from the next chunk that is started on it is neither trained nor evaluated, and
   * its weights stay unchanged. An executor may have started one more chunk than it has reported.
   */
  stopLane(lane: number): void;
  /**
   * Releases the places of stopped lanes if that saves time. Returns the live lanes' indices in
   * `begin`.
   */
  compact(): Promise<readonly number[]>;
  readWeights(lane: number): Promise<LaneState>;
  writeWeights(lane: number, state: LaneState): Promise<void>;
  /** Releases all resources. Idempotent, and allowed after an error. */
  dispose(): Promise<void>;
}

/**
 * Called before each chunk. Returns null, or a promise: the chunk is not started, and once the
 * promise has resolved, signals and stopped lanes are looked at and this is called again.
 */
export type Pause = () => Promise<void> | null;

export interface RunRequest {
  readonly epoch: number;
  /** First step within the epoch, from 0. */
  readonly firstStep: number;
  readonly steps: number;
  /**
   * Dataset indices of the whole epoch. The epoch has ⌈order.length / batch⌉ steps; the caller
   * drops an incomplete last batch if required.
   */
  readonly order: Uint32Array;
  /** [row][lane][column], 32-bit words; one row per run, or one per step of this request. */
  readonly hyper: Uint32Array;
  readonly rows: 'run' | 'step';
  readonly signal: AbortSignal;
  readonly pause?: Pause | undefined;
  /**
   * Called after each chunk.
   * @param diverged lanes that diverged in this chunk; they are no longer evaluated, nor trained in
   *   chunks that are started from then on
   */
  onChunk?(stepsDone: number, diverged: readonly number[]): void;
}

export interface RunReport {
  readonly stepsDone: number;
  readonly aborted: boolean;
  readonly lanes: (LaneMetrics | null)[];
  /** Duration without pauses. */
  readonly milliseconds: number;
}

export interface LaneMetrics {
  /** Sum of the samples' losses. */
  readonly lossSum: number;
  readonly correct: number;
  readonly samples: number;
  readonly diverged: boolean;
}

/** Weights and slots in plan order, in PyTorch's shapes without padding. */
export interface LaneState {
  readonly weights: Float32Array;
  readonly slots: Float32Array[];
  readonly statistics: Float32Array;
  readonly step: number;
}
