/**
 * A plan prepared for a number of lanes: as one graph (`graph-program.ts`) or op by op
 * (`eager-program.ts`). Calls are synchronous.
 */
import type { DatasetView } from '../../../datasets/dataset-view.ts';

/** Values of all lanes in TensorFlow's element order, [L, …], one array per tensor. */
export interface HostState {
  readonly weights: readonly Float32Array[];
  /** By slot, then by weight. */
  readonly slots: readonly (readonly Float32Array[])[];
  readonly statistics: readonly Float32Array[];
}

/** Keys of the lanes' random streams. */
export interface Streams {
  /** [2]: low and high word. */
  readonly key: Int32Array;
  /** [L]. */
  readonly trials: Int32Array;
}

/** Consecutive steps of one epoch. */
export interface Chunk {
  readonly order: Int32Array;
  /** First step within the epoch, from 0. */
  readonly first: number;
  readonly steps: number;
  /** First step within the run. */
  readonly step: number;
  readonly epoch: number;
  /** [rows,L,columns]; one row, or one per step. */
  readonly words: Int32Array;
  readonly rows: number;
  /** [L]; 1: train the lane, 0: keep it unchanged. */
  readonly live: Uint8Array;
}

export interface ChunkMetrics {
  /** [L], as float64. */
  readonly loss: readonly number[];
  readonly correct: ArrayLike<number>;
  /** [L]: whether all weights are finite. */
  readonly finite: ArrayLike<number>;
}

export interface Program {
  readonly lanes: number;
  /** Describes how the program runs, as text. */
  readonly form: string;
  loadDataset(view: DatasetView): void;
  setStreams(streams: Streams): void;
  write(state: HostState): void;
  read(): HostState;
  train(chunk: Chunk): ChunkMetrics;
  /** Metrics of steps first … first+steps−1 over a list of indices. */
  evaluate(order: Int32Array, first: number, steps: number): Omit<ChunkMetrics, 'finite'>;
  dispose(): void;
}
