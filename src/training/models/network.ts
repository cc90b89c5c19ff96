/**
 * A network with all structural choices made: layers in reading order with fields and shapes.
 * Values that vary per lane (dropout rate, smoothing) stay expressions. Buffers and gradients are
 * part of the plan.
 */
import type { Numeric } from '../objective/objective.ts';

/** Shape per sample: image [C, H, W] or vector [F]. */
export type Shape = readonly number[];
export type Pair = readonly [number, number];

export interface ConvFields {
  readonly type: 'conv';
  readonly filters: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Padding before: top, left. The padding after follows from the output's shape. */
  readonly padding: Pair;
  readonly groups: number;
  readonly bias: boolean;
}
export interface DenseFields {
  readonly type: 'dense';
  readonly units: number;
  readonly bias: boolean;
}
export interface MaxPoolFields {
  readonly type: 'max-pool';
  readonly size: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}
export interface DropoutFields {
  readonly type: 'dropout';
  readonly rate: Numeric;
}
export interface AveragePoolFields {
  readonly type: 'average-pool';
  readonly size: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}
export interface LeakyReluFields {
  readonly type: 'leaky-relu';
  /** Structural; ≥ 0. */
  readonly slope: number;
}
export interface BatchNormFields {
  readonly type: 'batch-norm';
  /** Weight of the new statistic, as in PyTorch. */
  readonly momentum: number;
  readonly epsilon: number;
}
export interface LayerNormFields {
  readonly type: 'layer-norm';
  readonly epsilon: number;
  /** Elements over which a sample's mean is taken: all, or the channels of each pixel. */
  readonly over: 'all' | 'channels';
}
export interface ConcatFields {
  readonly type: 'concat';
  /** Number of zero channels (or features) before the first part and after the last. */
  readonly zeros: Pair;
}
export interface PlainFields {
  readonly type:
    | 'relu'
    | 'gelu'
    | 'silu'
    | 'sigmoid'
    | 'tanh'
    | 'flatten'
    | 'identity'
    | 'global-average-pool'
    | 'add'
    | 'multiply';
}
export type LayerFields =
  | ConvFields
  | DenseFields
  | MaxPoolFields
  | AveragePoolFields
  | DropoutFields
  | LeakyReluFields
  | BatchNormFields
  | LayerNormFields
  | ConcatFields
  | PlainFields;

export interface Layer {
  readonly id: string;
  /** Indices of the layers read; −1 is the network's input. */
  readonly from: readonly number[];
  readonly fields: LayerFields;
  readonly output: Shape;
  /**
   * Parameters of the search that the description of this layer and its enclosing blocks names;
   * absent: none.
   */
  readonly searched?: readonly string[];
}

export interface Network {
  readonly name: string;
  readonly input: {
    readonly shape: Shape;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  };
  readonly layers: readonly Layer[];
  readonly loss: Loss;
}

export type Loss =
  | { readonly type: 'softmax-cross-entropy'; readonly smoothing: Numeric }
  /** Compares outputs with a class's one-hot vector, or with numeric targets. */
  | { readonly type: 'mean-squared-error' };

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Formats a shape, for example `4×3×3`. */
export function shapeText(shape: Shape): string {
  return shape.join('×');
}
