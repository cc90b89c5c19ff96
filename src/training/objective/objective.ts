/**
 * What a caller hands to the trainer and gets back: the training objective, a lane's request and
 * outcome. Not the study's file format, which has its own schema.
 */
import type { ExecutorName } from '../../core/executor-names.ts';
export type ParamValue = string | number | boolean | null;
export type Params = Readonly<Record<string, ParamValue>>;

/** The part of a search space that checks need: each parameter's kind, bounds or choices. */
export type SearchSpaceLike = Readonly<Record<string, DistributionLike>>;
export type DistributionLike = (
  | {
      readonly type: 'float' | 'int';
      readonly low: number;
      readonly high: number;
      readonly step?: number | undefined;
    }
  | { readonly type: 'categorical'; readonly choices: readonly ParamValue[] }
) & {
  /** The parameter is there only where each one named has one of the listed values. */
  readonly when?: Readonly<Record<string, readonly ParamValue[]>> | undefined;
};

/** A literal, or a parameter's value times `times` over `over`. */
export type Numeric =
  number | { readonly $param: string; readonly times?: number; readonly over?: number };

export interface SgdSettings {
  readonly type: 'sgd';
  readonly learningRate: Numeric;
  /** Absent: no momentum and no slot for it. */
  readonly momentum?: Numeric;
  readonly nesterov?: boolean;
  readonly weightDecay?: Numeric;
  /** Which weights decay. */
  readonly decay?: 'all' | 'kernels';
}

/**
 * Kingma & Ba 2015; `adamw` decouples the decay (Loshchilov & Hutter 2019), its default .01.
 * Defaults .9, .999, 1e-8, 0.
 */
export interface AdamSettings {
  readonly type: 'adam' | 'adamw';
  readonly learningRate: Numeric;
  readonly beta1?: Numeric;
  readonly beta2?: Numeric;
  readonly epsilon?: Numeric;
  readonly weightDecay?: Numeric;
  readonly decay?: 'all' | 'kernels';
}

/** Hinton's lecture 6e, as PyTorch's. Defaults alpha .99, epsilon 1e-8, no momentum, 0. */
export interface RmspropSettings {
  readonly type: 'rmsprop';
  readonly learningRate: Numeric;
  readonly alpha?: Numeric;
  readonly epsilon?: Numeric;
  readonly momentum?: Numeric;
  readonly weightDecay?: Numeric;
  readonly decay?: 'all' | 'kernels';
}

export type OptimizerSettings = SgdSettings | AdamSettings | RmspropSettings;

/** Of the learning rate: e epochs, t steps from 0, T steps of the lane's run. */
export type Schedule =
  | { readonly type: 'constant' }
  /** α·γ^e. */
  | { readonly type: 'exponential'; readonly gamma: Numeric }
  /** α·γ^⌊e/every⌋. */
  | { readonly type: 'step'; readonly every: Numeric; readonly gamma: Numeric }
  /**
   * t < warmup: α(t+1)/warmup; then to α·final by half a cosine (Loshchilov & Hutter 2017).
   * `warmup` in steps, `final` a share.
   */
  | { readonly type: 'cosine'; readonly warmup: Numeric; readonly final: Numeric };

/** Of all gradients of a lane together, by their Euclidean norm; or of each by its value. */
export type Clip = { readonly norm: Numeric } | { readonly value: Numeric };

/**
 * Of training images only. `crop`: pixels of zeros (of the byte image) around it before a random
 * crop of its size.
 */
export interface Augment {
  readonly crop: number;
  readonly flip: boolean;
}

export interface TrainObjective {
  readonly kind: 'train';
  /** A bundled dataset (`mnist`) or an imported one, by name. */
  readonly dataset: string;
  /** A preset's name, or a network description. */
  readonly network: string | object;
  /** As `protocol/train-settings.ts` describes it, unparsed. */
  readonly settings: unknown;
  /** What is reported as the value: accuracy as a fraction 0 … 1, or mean loss per sample. */
  readonly metric: 'accuracy' | 'loss';
  readonly selectOn: 'validation' | 'test';
  readonly executor?: 'auto' | ExecutorName;
  /** `wasm`: never the fused multiply-add, so that bits are equal on every machine. */
  readonly bits?: 'wasm';
  /**
   * Instead of the study's: then it alone, and not the trial's number, decides a lane's split,
   * order, start and masks. Structural.
   */
  readonly seed?: number | { readonly $param: string };
  /**
   * true: a lane's kept weights are looked at on the test set too, as metrics `testLoss` and
   * `testAccuracy`; its value is not touched.
   */
  readonly test?: boolean;
}

export interface LaneRequest {
  readonly trial: number;
  /** External values; inactive parameters absent. */
  readonly params: Params;
}

/** What a lane is worth after an epoch, on the selection split. */
export interface EpochReport {
  /** From 0. */
  readonly epoch: number;
  /** By the objective's metric. */
  readonly value: number;
  /** `loss`, and `accuracy` where labels are classes; `trainingLoss` of the epoch. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface TrainedBy {
  /** The executor's label. */
  readonly executor: string;
  /** Why that one, in words. */
  readonly executorReason: string;
}

export type LaneOutcome =
  | ({
      readonly outcome: 'succeeded';
      /** Of the epoch that is kept. */
      readonly value: number;
      /**
       * Of the epoch that is kept, as in its report; and `keptEpoch`, `epochs` trained,
       * `samplesPerSecond`.
       */
      readonly metrics: Record<string, number>;
      readonly reports: readonly EpochReport[];
      /** SHA-256, hex, of the kept weights as little-endian float32 in plan order. */
      readonly checksum: string;
    } & TrainedBy)
  | ({
      readonly outcome: 'diverged';
      readonly epoch: number;
      readonly reports: readonly EpochReport[];
    } & TrainedBy)
  | { readonly outcome: 'cancelled' };

/** epoch: from 0. step: steps done over all epochs; steps: steps of the longest lane. */
export interface TrainProgress {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
}
