/**
 * Tensors with known types and shapes, and the interface that emits ops, as graph nodes or by
 * immediate execution. Independent of TensorFlow itself.
 */

export type DType = 'f32' | 'f64' | 'i32' | 'i64' | 'u8' | 'bool' | 'resource';

/** TensorFlow's numbers of the types (types.proto). */
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
  /** Output of a graph node, or number of a tensor in the binding. */
  readonly ref: string | number;
  readonly dtype: DType;
  /** −1: unknown before the run. */
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
  /** Returns one tensor per requested output. */
  emit(
    op: string,
    inputs: readonly Tensor[],
    attributes: Attributes,
    outputs: readonly TensorType[],
  ): Tensor[];
}
