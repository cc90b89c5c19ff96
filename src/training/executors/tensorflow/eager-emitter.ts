/**
 * Executes every op immediately through the binding. Constants are created once; other tensors of a
 * step are released unless they are kept.
 */
import type { Binding, OpAttribute } from './binding.ts';
import {
  DTYPE_NUMBER,
  type Attribute,
  type Attributes,
  type DType,
  type Emitter,
  type Tensor,
  type TensorType,
} from './tensor.ts';

export class EagerEmitter implements Emitter {
  readonly #binding: Binding;
  readonly #constants = new Map<string, Tensor>();
  /** Tensors created since the last `release`. */
  #made: number[] = [];

  constructor(binding: Binding) {
    this.#binding = binding;
  }

  constant(dtype: DType, shape: readonly number[], values: readonly number[]): Tensor {
    const key = `${dtype} ${shape.join('x')} ${values.join()}`;
    let tensor = this.#constants.get(key);
    if (tensor === undefined) {
      tensor = { ref: this.#make(dtype, shape, values), dtype, shape };
      this.#constants.set(key, tensor);
    }
    return tensor;
  }

  emit(
    op: string,
    inputs: readonly Tensor[],
    attributes: Attributes,
    outputs: readonly TensorType[],
  ): Tensor[] {
    const list = Object.entries(attributes).map(([name, attribute]) =>
      this.#attribute(name, attribute),
    );
    const found = this.#binding.executeOp(
      op,
      list,
      inputs.map(({ ref }) => Number(ref)),
      outputs.length,
    );
    this.#made.push(...found.map(({ id }) => id));
    return outputs.map(({ dtype, shape }, i) => ({ ref: found[i]?.id ?? -1, dtype, shape }));
  }

  /**
   * Releases the tensors created since the last call, except those in `kept`, which the caller owns
   * from then on.
   */
  release(kept: readonly Tensor[]): void {
    const stays = new Set(kept.map(({ ref }) => ref));
    for (const id of this.#made) if (!stays.has(id)) this.#binding.deleteTensor(id);
    this.#made = [];
  }

  dispose(): void {
    this.release([]);
    for (const { ref } of this.#constants.values()) this.#binding.deleteTensor(Number(ref));
    this.#constants.clear();
  }

  /** Creates a tensor. Types that the binding cannot create are cast from one that it can. */
  #make(dtype: DType, shape: readonly number[], values: readonly number[]): number {
    const binding = this.#binding;
    if (dtype === 'f32')
      return binding.createTensor(shape, binding.TF_FLOAT, Float32Array.from(values));
    if (dtype === 'i32')
      return binding.createTensor(shape, binding.TF_INT32, Int32Array.from(values));
    if (dtype === 'i64') {
      const pairs = Int32Array.from(
        values.flatMap((value) => [value | 0, Math.floor(value / 2 ** 32)]),
      );
      return binding.createTensor(shape, DTYPE_NUMBER.i64, pairs);
    }
    const from = binding.createTensor(shape, binding.TF_FLOAT, Float32Array.from(values));
    const types = [
      { name: 'SrcT', type: binding.TF_ATTR_TYPE, value: DTYPE_NUMBER.f32 },
      { name: 'DstT', type: binding.TF_ATTR_TYPE, value: DTYPE_NUMBER[dtype] },
    ];
    const [cast] = binding.executeOp('Cast', types, [from], 1);
    binding.deleteTensor(from);
    return cast?.id ?? -1;
  }

  #attribute(name: string, attribute: Attribute): OpAttribute {
    const { TF_ATTR_BOOL, TF_ATTR_INT, TF_ATTR_SHAPE, TF_ATTR_STRING, TF_ATTR_TYPE } =
      this.#binding;
    if ('type' in attribute)
      return { name, type: TF_ATTR_TYPE, value: DTYPE_NUMBER[attribute.type] };
    if ('integer' in attribute) return { name, type: TF_ATTR_INT, value: attribute.integer };
    if ('integers' in attribute) return { name, type: TF_ATTR_INT, value: attribute.integers };
    if ('flag' in attribute) return { name, type: TF_ATTR_BOOL, value: attribute.flag };
    if ('text' in attribute) return { name, type: TF_ATTR_STRING, value: attribute.text };
    if ('shape' in attribute) return { name, type: TF_ATTR_SHAPE, value: attribute.shape };
    throw new RangeError(`${name}: no such attribute in op-by-op execution`);
  }
}
