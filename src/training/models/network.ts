/**
 * A network with all structural choices made: layers in reading order with fields and shapes.
 * Values that vary per lane (dropout rate, smoothing) stay expressions. Buffers and gradients are
 * part of the plan.
 */
import type { Pair } from '../../core/formats/field.ts';
import type {
  LayerType,
  PlainType,
  SettledLayer,
  SettledLoss,
} from '../../core/formats/network-format.ts';

/** Shape per sample: image [C, H, W] or vector [F]. */
export type Shape = readonly number[];

export type ConvFields = SettledLayer<'conv'> & {
  /** Padding before: top, left. The padding after follows from the output's shape. */
  readonly padding: Pair;
};
export type PlainFields = { readonly [Type in PlainType]: SettledLayer<Type> }[PlainType];
export type LayerFields = { readonly [Type in LayerType]: SettledLayer<Type> }[LayerType];

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

/** A mean squared error compares outputs with a class's one-hot vector, or with targets. */
export type Loss = SettledLoss;

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Formats a shape, for example `4×3×3`. */
export function shapeText(shape: Shape): string {
  return shape.join('×');
}
