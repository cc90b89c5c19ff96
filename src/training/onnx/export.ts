/**
 * Exports a trained network as an ONNX model of the evaluation, from unnormalised samples (bytes
 * for images) to the network's outputs. Uses ONNX's standard ops instead of the plan's, so that any
 * runtime can run it.
 */
import { at } from '../../core/at.ts';
import type { Pair } from '../../core/formats/field.ts';
import type { Layer, LayerFields, Network } from '../models/network.ts';
import type { InputSpec } from '../plan/plan.ts';
import type { Tensor } from '../weights/safetensors.ts';
import { encodeModel, type Attribute, type Initialiser, type Node } from './model.ts';

export interface Exported {
  readonly network: Network;
  /** Normalisation as in the plan. */
  readonly input: Pick<InputSpec, 'type' | 'scale' | 'shift'>;
  /** Weights and running statistics by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Further entries of the file's `metadata_props`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Returns the model: input `input` [batch, …] uint8 or float32, output `output` [batch, …] float32
 * (logits for cross-entropy).
 */
export function exportOnnx({ network, input, tensors, metadata }: Exported): Uint8Array {
  const graph = new GraphWriter(tensors);
  const outputs: string[] = [];
  const normalised = graph.normalise(network, input);
  const shapeOf = (from: number): readonly number[] =>
    from < 0 ? network.input.shape : (network.layers[from]?.output ?? []);
  for (const layer of network.layers) {
    const inputs = layer.from.map((from) =>
      from < 0 ? normalised : (outputs[from] ?? normalised),
    );
    outputs.push(graph.layer(layer, inputs, shapeOf(at(layer.from, 0))));
  }
  graph.node('Identity', 'output', [outputs.at(-1) ?? normalised], {}, 'output');
  return encodeModel({
    name: network.name,
    nodes: graph.nodes,
    initialisers: graph.initialisers,
    input: { name: 'input', type: input.type, shape: network.input.shape },
    output: { name: 'output', shape: network.layers.at(-1)?.output ?? network.input.shape },
    metadata,
  });
}

class GraphWriter {
  readonly nodes: Node[] = [];
  readonly initialisers: Initialiser[] = [];
  readonly #tensors: ReadonlyMap<string, Tensor>;

  constructor(tensors: ReadonlyMap<string, Tensor>) {
    this.#tensors = tensors;
  }

  /** @returns the name of its output; it contains a colon, so it never equals a layer's name */
  node(
    type: string,
    name: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    output = `${name}:0`,
  ): string {
    this.nodes.push({ type, name, inputs, output, attributes });
    return output;
  }

  normalise({ input: { shape } }: Network, { type, scale, shift }: Exported['input']): string {
    const perChannel = [1, at(shape, 0), ...shape.slice(1).map(() => 1)];
    const floats = type === 'u8' ? this.node('Cast', 'input:cast', ['input'], { to: 1 }) : 'input';
    const scaled = this.node('Mul', 'input:scale', [
      floats,
      this.#constant('input:scale.value', perChannel, scale),
    ]);
    return this.node('Add', 'input:shift', [
      scaled,
      this.#constant('input:shift.value', perChannel, shift),
    ]);
  }

  /** @param shape shape of its first input */
  layer(
    { id, fields, output }: Layer,
    inputs: readonly string[],
    shape: readonly number[],
  ): string {
    const [x = ''] = inputs;
    switch (fields.type) {
      case 'conv': {
        const { kernel, stride, groups, bias } = fields;
        const weights = this.#weights(id, bias ? ['weight', 'bias'] : ['weight']);
        return this.node('Conv', id, [x, ...weights], {
          kernel_shape: kernel,
          strides: stride,
          pads: pads(fields, shape, output),
          group: groups,
        });
      }
      case 'dense':
        return this.node(
          'Gemm',
          id,
          [x, ...this.#weights(id, fields.bias ? ['weight', 'bias'] : ['weight'])],
          { transB: 1 },
        );
      case 'max-pool':
        return this.node('MaxPool', id, [x], window(fields, shape, output));
      case 'average-pool':
        return this.node('AveragePool', id, [x], {
          ...window(fields, shape, output),
          count_include_pad: 0,
        });
      case 'global-average-pool':
        return this.node('GlobalAveragePool', id, [x]);
      case 'batch-norm': {
        const numbers = this.#weights(id, ['weight', 'bias', 'running_mean', 'running_var']);
        return this.node('BatchNormalization', id, [x, ...numbers], {
          epsilon: { float: fields.epsilon },
        });
      }
      case 'layer-norm':
        return this.#layerNorm(id, fields, x, shape);
      case 'gelu':
        return this.#gelu(id, x);
      case 'silu':
        return this.node('Mul', id, [x, this.node('Sigmoid', `${id}:sigmoid`, [x])]);
      case 'leaky-relu':
        return this.node('LeakyRelu', id, [x], { alpha: { float: fields.slope } });
      case 'relu':
      case 'sigmoid':
      case 'tanh':
        return this.node({ relu: 'Relu', sigmoid: 'Sigmoid', tanh: 'Tanh' }[fields.type], id, [x]);
      case 'flatten':
        return this.node('Flatten', id, [x], { axis: 1 });
      case 'add':
        return this.node('Sum', id, inputs);
      case 'multiply':
        return this.node('Mul', id, inputs);
      case 'concat':
        return this.#concat(id, fields, inputs, output.length);
      case 'identity':
      case 'dropout':
        return x;
    }
  }

  /** Over channels: transposes so that each pixel's channels are the last axis, and back. */
  #layerNorm(
    id: string,
    { epsilon, over }: Extract<LayerFields, { type: 'layer-norm' }>,
    x: string,
    shape: readonly number[],
  ): string {
    const weights = this.#weights(id, ['weight', 'bias']);
    const attributes = { epsilon: { float: epsilon } };
    if (over === 'all' || shape.length === 1)
      return this.node('LayerNormalization', id, [x, ...weights], { ...attributes, axis: 1 });
    const last = this.node('Transpose', `${id}:channels-last`, [x], { perm: [0, 2, 3, 1] });
    const normed = this.node('LayerNormalization', `${id}:norm`, [last, ...weights], {
      ...attributes,
      axis: 3,
    });
    return this.node('Transpose', id, [normed], { perm: [0, 3, 1, 2] });
  }

  #concat(
    id: string,
    { zeros }: Extract<LayerFields, { type: 'concat' }>,
    inputs: readonly string[],
    rank: number,
  ): string {
    const joined =
      inputs.length === 1
        ? at(inputs, 0)
        : this.node('Concat', zeros[0] + zeros[1] > 0 ? `${id}:parts` : id, inputs, { axis: 1 });
    if (zeros[0] + zeros[1] === 0) return joined;
    const around = (channels: number): bigint[] =>
      Array.from({ length: rank + 1 }, (_, axis) => BigInt(axis === 1 ? channels : 0));
    const values = BigInt64Array.from(zeros.flatMap(around));
    this.initialisers.push({ name: `${id}:zeros`, shape: [values.length], values });
    return this.node('Pad', id, [joined, `${id}:zeros`]);
  }

  /** x·½(1 + erf(x/√2)), because this opset has no Gelu. */
  #gelu(id: string, x: string): string {
    const scaled = this.node('Mul', `${id}:scaled`, [
      x,
      this.#constant(`${id}:root`, [], [Math.SQRT1_2]),
    ]);
    const erf = this.node('Erf', `${id}:erf`, [scaled]);
    const one = this.node('Add', `${id}:one`, [erf, this.#constant(`${id}:unit`, [], [1])]);
    const share = this.node('Mul', `${id}:share`, [one, this.#constant(`${id}:half`, [], [0.5])]);
    return this.node('Mul', id, [x, share]);
  }

  #weights(layer: string, kinds: readonly string[]): string[] {
    return kinds.map((kind) => {
      const name = `${layer}.${kind}`;
      const tensor = this.#tensors.get(name);
      if (tensor === undefined) throw new RangeError(`no tensor ${name}`);
      this.initialisers.push({ name, ...tensor });
      return name;
    });
  }

  #constant(name: string, shape: readonly number[], values: readonly number[]): string {
    this.initialisers.push({ name, shape, values: Float32Array.from(values) });
    return name;
  }
}

interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}

function window(
  {
    size,
    stride,
    padding,
  }: Pick<Extract<LayerFields, { type: 'max-pool' }>, 'size' | 'stride' | 'padding'>,
  shape: readonly number[],
  output: readonly number[],
): Record<string, Attribute> {
  return {
    kernel_shape: size,
    strides: stride,
    pads: pads({ kernel: size, stride, padding }, shape, output),
  };
}

/** Padding before both axes, then after; the latter follows from the shapes. */
function pads(
  { kernel, stride, padding }: Window,
  shape: readonly number[],
  output: readonly number[],
): number[] {
  const after = ([0, 1] as const).map((d) =>
    Math.max(0, (at(output, d + 1) - 1) * stride[d] + kernel[d] - at(shape, d + 1) - padding[d]),
  );
  return [...padding, ...after];
}
