/** flatten (and identity): input x; output the same memory under another shape. Its gradient is the same memory too: no op. */
import type { PlainFields } from '../../models/network.ts';
import { incoming, type Gradient, type Lower } from './rule.ts';

export const lowerFlatten: Lower<PlainFields> = (graph, layer, _fields, input) => {
  const { role, perLane } = graph.at(input);
  const output = graph.buffer(layer.id, role === 'input' ? 'activation' : role, layer.output, { aliasOf: input, perLane });
  graph.op('flatten', layer.id, { inputs: [input], outputs: [output] });
  return output;
};

export const flattenGradient: Gradient = (graph, op, wants) => {
  if (!wants) return;
  graph.contribution(op.inputs[0] ?? -1, incoming(graph, op));
};
