/**
 * A network with every structural choice made: layers in reading order, their fields and shapes. What varies by lane
 * (dropout rate, smoothing) stays an expression. Not yet a plan: no buffers, no gradients.
 */
import type { Numeric } from '../objective.ts';

/** Per sample: image [C, H, W] or vector [F]. */
export type Shape = readonly number[];
export type Pair = readonly [number, number];

export interface ConvFields {
  readonly type: 'conv';
  readonly filters: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Before: top, left. The amount after is what the output's shape implies. */
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
export interface PlainFields {
  readonly type: 'relu' | 'flatten' | 'identity';
}
export type LayerFields = ConvFields | DenseFields | MaxPoolFields | DropoutFields | PlainFields;

export interface Layer {
  readonly id: string;
  /** Indices of the layers read; −1 is the network's input. */
  readonly from: readonly number[];
  readonly fields: LayerFields;
  readonly output: Shape;
}

export interface Network {
  readonly name: string;
  readonly input: { readonly shape: Shape; readonly mean: readonly number[]; readonly deviation: readonly number[] };
  readonly layers: readonly Layer[];
  readonly loss: { readonly type: 'softmax-cross-entropy'; readonly smoothing: Numeric };
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** `4×3×3`. */
export function shapeText(shape: Shape): string {
  return shape.join('×');
}
