/**
 * Encodes an ONNX model file: nodes, initialisers, one input, one output. Field numbers are those
 * of onnx.proto (onnx/onnx, IR version 8). `export.ts` chooses the nodes.
 */
import { Message } from '../protobuf.ts';

/**
 * Opset of the default domain: has LayerNormalization but no Gelu; supported by onnxruntime since
 * 1.12.
 */
export const OPSET = 17;
const IR_VERSION = 8;

export type Attribute = number | readonly number[] | { readonly float: number };

export interface Node {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Integers and lists of integers; floats are marked. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface Initialiser {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

export interface Model {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initialisers: readonly Initialiser[];
  /** Shapes are per sample; the batch axis is first and dynamic. */
  readonly input: {
    readonly name: string;
    readonly type: 'u8' | 'f32';
    readonly shape: readonly number[];
  };
  readonly output: { readonly name: string; readonly shape: readonly number[] };
  readonly metadata: Readonly<Record<string, string>>;
}

const DATA_TYPES = { f32: 1, u8: 2, i64: 7 } as const;
const ATTRIBUTE_TYPES = { float: 1, int: 2, ints: 7 } as const;

export function encodeModel({
  name,
  nodes,
  initialisers,
  input,
  output,
  metadata,
}: Model): Uint8Array {
  const graph = new Message();
  for (const node of nodes) graph.message(1, nodeMessage(node));
  graph.text(2, name);
  for (const tensor of initialisers) graph.message(5, tensorMessage(tensor));
  graph.message(11, valueMessage(input)).message(12, valueMessage({ ...output, type: 'f32' }));
  const model = new Message().integer(1, IR_VERSION).text(2, 'galapagos').message(7, graph);
  model.message(8, new Message().text(1, '').integer(2, OPSET));
  for (const [key, value] of Object.entries(metadata))
    model.message(14, new Message().text(1, key).text(2, value));
  return model.encode();
}

function nodeMessage({ type, name, inputs, output, attributes = {} }: Node): Message {
  const node = new Message();
  for (const input of inputs) node.text(1, input);
  node.text(2, output).text(3, name).text(4, type);
  for (const [key, value] of Object.entries(attributes))
    node.message(5, attributeMessage(key, value));
  return node;
}

function attributeMessage(name: string, value: Attribute): Message {
  const attribute = new Message().text(1, name);
  if (typeof value === 'number')
    return attribute.integer(3, value).integer(20, ATTRIBUTE_TYPES.int);
  if ('float' in value) return attribute.float(2, value.float).integer(20, ATTRIBUTE_TYPES.float);
  for (const each of value) attribute.integer(8, each);
  return attribute.integer(20, ATTRIBUTE_TYPES.ints);
}

function tensorMessage({ name, shape, values }: Initialiser): Message {
  const tensor = new Message();
  for (const dimension of shape) tensor.integer(1, dimension);
  const raw = new DataView(new ArrayBuffer(values.byteLength));
  if (values instanceof Float32Array)
    values.forEach((value, i) => raw.setFloat32(4 * i, value, true));
  else values.forEach((value, i) => raw.setBigInt64(8 * i, value, true));
  const type = values instanceof Float32Array ? DATA_TYPES.f32 : DATA_TYPES.i64;
  return tensor.integer(2, type).text(8, name).bytes(9, new Uint8Array(raw.buffer));
}

function valueMessage({ name, type, shape }: Model['input']): Message {
  const dimensions = new Message().message(1, new Message().text(2, 'batch'));
  for (const size of shape) dimensions.message(1, new Message().integer(1, size));
  const tensor = new Message().integer(1, DATA_TYPES[type]).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
