/**
 * Types of the trainer's interface: the training objective, a lane's request and outcome. The
 * study's file format has its own schema.
 */
import type { Progress } from '../../core/lanes-listener.ts';
import type { ExecutorName } from '../../core/executor-names.ts';
import type { FieldsOf, Numeric, SettledFields, WrittenFields } from '../../core/formats/field.ts';
import type { AUGMENT, OPTIMIZER, SCHEDULE } from '../../core/formats/settings-format.ts';

export type ParamValue = string | number | boolean | null;
export type Params = Readonly<Record<string, ParamValue>>;

/** Part of a search space that the checks need: each parameter's kind, bounds or choices. */
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
  /** Condition: the parameter is active where each named one has one of the listed values. */
  readonly when?: Readonly<Record<string, readonly ParamValue[]>> | undefined;
};

type OptimizerOf<Type extends string> = { readonly type: Type } & WrittenFields<
  FieldsOf<typeof OPTIMIZER, Type>
>;

/** Settings of SGD; an absent momentum has no slot in the plan. */
export type SgdSettings = OptimizerOf<'sgd'>;

/** Kingma & Ba 2015; `adamw` decouples the decay (Loshchilov & Hutter 2019). */
export type AdamSettings = OptimizerOf<'adam'> | OptimizerOf<'adamw'>;

/** Hinton's lecture 6e, as PyTorch's. */
export type RmspropSettings = OptimizerOf<'rmsprop'>;

export type OptimizerSettings = SgdSettings | AdamSettings | RmspropSettings;

type ScheduleOf<Type extends string> = { readonly type: Type } & SettledFields<
  FieldsOf<typeof SCHEDULE, Type>
>;

/**
 * Of the learning rate α: e epochs, t steps from 0, T steps of the lane's run. `exponential`:
 * α·γ^e. `step`: α·γ^⌊e/every⌋. `cosine`: t < warmup: α(t+1)/warmup; then to α·final by half a
 * cosine (Loshchilov & Hutter 2017).
 */
export type Schedule =
  ScheduleOf<'constant'> | ScheduleOf<'exponential'> | ScheduleOf<'step'> | ScheduleOf<'cosine'>;

/** Clips all gradients of a lane by their joint Euclidean norm, or each value separately. */
export type Clip = { readonly norm: Numeric } | { readonly value: Numeric };

/**
 * Augmentation of training images. `crop`: number of zero pixels (in the byte image) added on each
 * side before a random crop of the original size.
 */
export type Augment = SettledFields<typeof AUGMENT>;

export interface TrainObjective {
  readonly kind: 'train';
  /** Name of a bundled dataset (`mnist`) or an imported one. */
  readonly dataset: string;
  /** Name of a preset, or a network description. */
  readonly network: string | object;
  /** As `core/formats/settings-format.ts` describes it, unparsed. */
  readonly settings: unknown;
  /** Metric that becomes the value: accuracy as a fraction 0 … 1, or mean loss per sample. */
  readonly metric: 'accuracy' | 'loss';
  readonly selectOn: 'validation' | 'test';
  readonly executor?: 'auto' | ExecutorName;
  /**
   * `wasm`: never use the fused multiply-add, so that results are bit-identical on every machine.
   */
  readonly bits?: 'wasm';
  /**
   * Replaces the study's seed and the trial's number: it alone determines a lane's split, order,
   * initial weights and masks. Structural.
   */
  readonly seed?: number | { readonly $param: string };
  /**
   * true: also evaluate a lane's kept weights on the test set, as metrics `testLoss` and
   * `testAccuracy`. The value does not change.
   */
  readonly test?: boolean;
}

export interface LaneRequest {
  readonly trial: number;
  /** Decoded values; inactive parameters are absent. */
  readonly params: Params;
}

/** Evaluation of a lane on the selection split after an epoch. */
export interface EpochReport {
  /** From 0. */
  readonly epoch: number;
  /** Value of the objective's metric. */
  readonly value: number;
  /** `loss`, and `accuracy` if labels are classes; `trainingLoss` of the epoch. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface TrainedBy {
  /** Label of the executor. */
  readonly executor: string;
  /** Reason for the choice of the executor, as text. */
  readonly executorReason: string;
  /** Number of lanes that fill the device for this network; absent: it has one lane. */
  readonly lanesWanted?: number;
}

export type LaneOutcome =
  | ({
      readonly outcome: 'succeeded';
      /** Value of the kept epoch. */
      readonly value: number;
      /**
       * Metrics of the kept epoch's report, and `keptEpoch`, `epochs` (trained) and
       * `samplesPerSecond`.
       */
      readonly metrics: Record<string, number>;
      readonly reports: readonly EpochReport[];
      /** SHA-256 in hexadecimal of the kept weights, as little-endian float32 in plan order. */
      readonly checksum: string;
    } & TrainedBy)
  | ({
      readonly outcome: 'diverged';
      readonly epoch: number;
      readonly reports: readonly EpochReport[];
    } & TrainedBy)
  | {
      readonly outcome: 'cancelled';
      /** Absent: its training had not begun. */
      readonly executor?: string;
      readonly reports: readonly EpochReport[];
    };

/** epoch: from 0; step: steps done over all epochs; steps: total steps of the longest lane. */
export interface TrainProgress extends Progress {
  readonly epoch: number;
}
