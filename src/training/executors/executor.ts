/**
 * What runs plans. Executors differ in speed and rounding, never in meaning; `reference` is the
 * measure of the others.
 */
import type { DatasetShape, DatasetView } from '../../datasets/dataset-view.ts';
import type { Plan } from '../plan/plan.ts';

export interface Executor {
  readonly name: 'reference' | 'wasm' | 'webgpu' | 'tensorflow';
  /** Whether it can run here, and if not, what would help. */
  probe(): Promise<Usable>;
  /** Memory before anything is allocated. */
  estimate(plan: Plan, lanes: number, dataset: DatasetShape): Memory;
  /** @throws TrainingError `compile-failed`, `unsupported`, `out-of-memory` */
  compile(plan: Plan, lanes: number, signal: AbortSignal): Promise<Executable>;
}

export type Usable =
  | {
      readonly usable: true;
      readonly label: string;
      readonly memoryBytes: number;
      readonly parallel: number;
    }
  | { readonly usable: false; readonly reason: string; readonly remedy: string };

export interface Memory {
  readonly sharedBytes: number;
  readonly laneBytes: number;
  readonly codeBytes: number;
  /** How the plan is carried out, in words. */
  readonly form: string;
}

export interface LaneSeed {
  readonly trial: number;
  /** true: one start and one stream of masks for the whole study. */
  readonly shared: boolean;
}

/**
 * A compiled plan with its memory. Calls: loadDataset, begin, then run, evaluate, reads and writes,
 * one at a time; a second at once throws. After an error only `dispose` is allowed.
 */
export interface Executable {
  readonly plan: Plan;
  readonly lanes: number;
  readonly memory: Memory;
  /** What attempts record, as rounding differs by it. */
  readonly label: string;
  /** Steps between two looks at signals: at most about 50 ms of work. */
  readonly chunkSteps: number;
  loadDataset(view: DatasetView): Promise<void>;
  /** Initial weights, slots 0, step 0. `lanes` may be fewer than compiled for. */
  begin(seed: number, lanes: readonly LaneSeed[]): Promise<void>;
  /** Steps firstStep … firstStep+steps−1 of one epoch. */
  run(request: RunRequest): Promise<RunReport>;
  /** Metrics over an index list, in the order of `begin`; null: stopped. */
  evaluate(indices: Uint32Array, signal: AbortSignal): Promise<(LaneMetrics | null)[]>;
  /**
   * From the next chunk on, the lane is neither trained nor evaluated; its weights stay as they
   * are.
   */
  stopLane(lane: number): void;
  /** Gives the places of stopped lanes back if that pays; the live lanes' indices in `begin`. */
  compact(): Promise<readonly number[]>;
  readWeights(lane: number): Promise<LaneState>;
  writeWeights(lane: number, state: LaneState): Promise<void>;
  /** Idempotent; also after an error. */
  dispose(): Promise<void>;
}

export interface RunRequest {
  readonly epoch: number;
  /** Steps of the epoch, from 0. */
  readonly firstStep: number;
  readonly steps: number;
  /**
   * Dataset indices of the whole epoch; an epoch has ⌈order.length / batch⌉ steps, so dropping a
   * remainder is done by the caller.
   */
  readonly order: Uint32Array;
  /** [row][lane][column], 32-bit words; one row a run, or one a step of this request. */
  readonly hyper: Uint32Array;
  readonly rows: 'run' | 'step';
  readonly signal: AbortSignal;
  /**
   * @param diverged lanes found so in this chunk: frozen, from here on neither trained nor
   *   evaluated
   */
  onChunk?(stepsDone: number, diverged: readonly number[]): void;
}

export interface RunReport {
  readonly stepsDone: number;
  readonly aborted: boolean;
  readonly lanes: (LaneMetrics | null)[];
  readonly milliseconds: number;
}

export interface LaneMetrics {
  /** Summed per-sample loss. */
  readonly lossSum: number;
  readonly correct: number;
  readonly samples: number;
  readonly diverged: boolean;
}

/** Weights and slots in plan order and PyTorch's shapes, without padding. */
export interface LaneState {
  readonly weights: Float32Array;
  readonly slots: Float32Array[];
  readonly statistics: Float32Array;
  readonly step: number;
}
