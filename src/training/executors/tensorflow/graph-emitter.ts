/**
 * Converts ops to nodes of a graph or of a function's body. Equal constants share one node.
 */
import type { GraphFunction, Node } from './graph-def.ts';
import type { Attributes, DType, Emitter, Tensor, TensorType } from './tensor.ts';

/**
 * Output names of ops, as in TensorFlow's op definitions; functions refer to outputs by name. Ops
 * not listed have the output `output`.
 */
const OUTPUT_NAMES: Readonly<Record<string, string>> = {
  AddV2: 'z',
  Sub: 'z',
  Mul: 'z',
  RealDiv: 'z',
  Maximum: 'z',
  Minimum: 'z',
  FloorDiv: 'z',
  Less: 'z',
  Greater: 'z',
  Equal: 'z',
  LogicalAnd: 'z',
  BitwiseAnd: 'z',
  BitwiseXor: 'z',
  RightShift: 'z',
  Neg: 'y',
  Exp: 'y',
  Log: 'y',
  Erf: 'y',
  Sqrt: 'y',
  Square: 'y',
  Tanh: 'y',
  Sigmoid: 'y',
  LogicalNot: 'y',
  IsFinite: 'y',
  Cast: 'y',
  Transpose: 'y',
  Relu: 'activations',
  ReluGrad: 'backprops',
  MatMul: 'product',
};

export class GraphEmitter implements Emitter {
  readonly nodes: Node[] = [];
  readonly #inFunction: boolean;
  readonly #constants = new Map<string, Tensor>();

  /** @param inFunction whether references use the syntax of function bodies */
  constructor(inFunction: boolean) {
    this.#inFunction = inFunction;
  }

  constant(dtype: DType, shape: readonly number[], values: readonly number[]): Tensor {
    const key = `${dtype} ${shape.join('x')} ${values.join()}`;
    let tensor = this.#constants.get(key);
    if (tensor === undefined) {
      const name = this.#name('constant');
      this.nodes.push({
        name,
        op: 'Const',
        inputs: [],
        attributes: { dtype: { type: dtype } },
        value: { dtype, shape, bytes: bytesOf(dtype, values) },
      });
      tensor = { ref: this.#output(name, 'Const', 0), dtype, shape };
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
    return this.node(this.#name(op), op, inputs, attributes, outputs);
  }

  /**
   * Adds a node with a given name.
   * @param after nodes that must run before it
   */
  node(
    name: string,
    op: string,
    inputs: readonly Tensor[],
    attributes: Attributes,
    outputs: readonly TensorType[],
    after: readonly string[] = [],
  ): Tensor[] {
    this.nodes.push({
      name,
      op,
      inputs: [...inputs.map((input) => String(input.ref)), ...after.map((node) => `^${node}`)],
      attributes,
    });
    return outputs.map(({ dtype, shape }, i) => ({ ref: this.#output(name, op, i), dtype, shape }));
  }

  /** Returns the nodes so far as a function. */
  asFunction(
    name: string,
    inputs: GraphFunction['inputs'],
    outputs: readonly { readonly name: string; readonly tensor: Tensor }[],
  ): GraphFunction {
    return {
      name,
      inputs,
      outputs: outputs.map(({ name: output, tensor }) => ({
        name: output,
        dtype: tensor.dtype,
        shape: tensor.shape,
        from: String(tensor.ref),
      })),
      nodes: this.nodes,
    };
  }

  #output(name: string, op: string, index: number): string {
    return this.#inFunction
      ? `${name}:${OUTPUT_NAMES[op] ?? 'output'}:${String(index)}`
      : `${name}:${String(index)}`;
  }

  #name(stem: string): string {
    return `${stem}_${String(this.nodes.length)}`;
  }
}

function bytesOf(dtype: DType, values: readonly number[]): Uint8Array {
  switch (dtype) {
    case 'f32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'f64':
      return new Uint8Array(Float64Array.from(values).buffer);
    case 'i32':
      return new Uint8Array(Int32Array.from(values).buffer);
    case 'i64':
      return new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
    case 'u8':
    case 'bool':
      return Uint8Array.from(values);
    case 'resource':
      throw new RangeError('a resource has no constant');
  }
}
