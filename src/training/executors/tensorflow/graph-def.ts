/**
 * Encodes TensorFlow's protobuf messages (graph.proto, function.proto, saved_model.proto): nodes,
 * functions, and a SavedModel that contains only a graph.
 */
import { Message } from '../../protobuf.ts';
import {
  DTYPE_NUMBER,
  type Attribute,
  type Attributes,
  type DType,
  type TensorType,
} from './tensor.ts';

export interface Node {
  readonly name: string;
  readonly op: string;
  /**
   * `node`, `node:1`; in functions `argument`, `node:output:0`; `^node` is a control dependency.
   */
  readonly inputs: readonly string[];
  readonly attributes: Attributes;
  /** Value of a Const node. */
  readonly value?: {
    readonly dtype: DType;
    readonly shape: readonly number[];
    readonly bytes: Uint8Array;
  };
}

export interface GraphFunction {
  readonly name: string;
  readonly inputs: readonly (TensorType & { readonly name: string })[];
  readonly outputs: readonly (TensorType & { readonly name: string; readonly from: string })[];
  readonly nodes: readonly Node[];
  /** True if XLA compiles the function; it fails where XLA cannot. */
  readonly xla?: boolean;
}

/** Attribute of functions and their calls that XLA compiles (TensorFlow, `tf.function`). */
export const XLA = '_XlaMustCompile';

/** Version of the graph format that every TensorFlow 2 reads (versions.proto). */
const PRODUCER = 1395;

/**
 * Encodes the file `saved_model.pb`: one graph with the tag `serve`, without checkpoint or
 * signatures; outputs are fetched by name.
 */
export function savedModel(
  nodes: readonly Node[],
  functions: readonly GraphFunction[],
): Uint8Array {
  const library = new Message();
  for (const definition of functions) library.message(1, functionDef(definition));
  const graph = new Message();
  for (const node of nodes) graph.message(1, nodeDef(node));
  graph.message(2, library).message(4, new Message().integer(1, PRODUCER));
  const meta = new Message()
    .message(1, new Message().text(4, 'serve').text(5, '2.0.0'))
    .message(2, graph);
  return new Message().integer(1, 1).message(2, meta).encode();
}

function functionDef({ name, inputs, outputs, nodes, xla = false }: GraphFunction): Message {
  const signature = new Message().text(1, name);
  for (const input of inputs) signature.message(2, argument(input.name, input.dtype));
  for (const output of outputs) signature.message(3, argument(output.name, output.dtype));
  const message = new Message().message(1, signature);
  for (const node of nodes) message.message(3, nodeDef(node));
  for (const output of outputs) message.entry(4, output.name, output.from);
  if (xla) message.entry(5, XLA, attributeValue({ flag: true }));
  return message;
}

function argument(name: string, dtype: DType): Message {
  return new Message().text(1, name).integer(3, DTYPE_NUMBER[dtype]);
}

function nodeDef({ name, op, inputs, attributes, value }: Node): Message {
  const message = new Message().text(1, name).text(2, op);
  for (const input of inputs) message.text(3, input);
  for (const [key, attribute] of Object.entries(attributes))
    message.entry(5, key, attributeValue(attribute));
  if (value !== undefined) {
    const tensor = new Message()
      .integer(1, DTYPE_NUMBER[value.dtype])
      .message(2, shapeOf(value.shape))
      .bytes(4, value.bytes);
    message.entry(5, 'value', new Message().message(8, tensor));
  }
  return message;
}

function attributeValue(attribute: Attribute): Message {
  const message = new Message();
  if ('type' in attribute) return message.integer(6, DTYPE_NUMBER[attribute.type]);
  if ('integer' in attribute) return message.integer(3, attribute.integer);
  if ('flag' in attribute) return message.integer(5, attribute.flag ? 1 : 0);
  if ('text' in attribute) return message.text(2, attribute.text);
  if ('shape' in attribute) return message.message(7, shapeOf(attribute.shape));
  if ('function' in attribute)
    return message.message(10, new Message().text(1, attribute.function));
  const list = new Message();
  if ('integers' in attribute) list.packed(3, attribute.integers);
  else if ('types' in attribute)
    list.packed(
      6,
      attribute.types.map((type) => DTYPE_NUMBER[type]),
    );
  else for (const shape of attribute.shapes) list.message(7, shapeOf(shape));
  return message.message(1, list);
}

function shapeOf(shape: readonly number[]): Message {
  const message = new Message();
  for (const size of shape) message.message(2, new Message().integer(1, size));
  return message;
}
