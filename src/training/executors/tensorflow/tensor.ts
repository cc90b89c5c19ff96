/**
 * What the plan's ops are written on: tensors with known types and shapes, and whoever turns an op
 * into a node of a graph or carries it out at once. Not TensorFlow itself.
 */

export type DType = 'f32' | 'f64' | 'i32' | 'i64' | 'u8' | 'bool' | 'resource';

/** TensorFlow's numbers of types (types.proto). */
export const DTYPE_NUMBER: Readonly<Record<DType, number>> = {
  f32: 1,
  f64: 2,
  i32: 3,
  u8: 4,
  i64: 9,
  bool: 10,
  resource: 20,
};

export interface Tensor {
  /** A node's output in a graph, or a tensor's number in the binding. */
  readonly ref: string | number;
  readonly dtype: DType;
  /** −1: not known before the run. */
  readonly shape: readonly number[];
}

export type Attribute =
  | { readonly type: DType }
  | { readonly types: readonly DType[] }
  | { readonly integer: number }
  | { readonly integers: readonly number[] }
  | { readonly flag: boolean }
  | { readonly text: string }
  | { readonly shape: readonly number[] }
  | { readonly shapes: readonly (readonly number[])[] }
  | { readonly function: string };

export type Attributes = Readonly<Record<string, Attribute>>;
export type TensorType = Pick<Tensor, 'dtype' | 'shape'>;

export interface Emitter {
  constant(dtype: DType, shape: readonly number[], values: readonly number[]): Tensor;
  /** One tensor for each output asked for. */
  emit(
    op: string,
    inputs: readonly Tensor[],
    attributes: Attributes,
    outputs: readonly TensorType[],
  ): Tensor[];
}
