/** relu: input x; output y = x > 0 ? x : 0. relu-gradient: inputs y', y; output x' = y > 0 ? y' : 0. */
import type { PlainFields } from '../../models/network.ts';
import { incoming, type Gradient, type Lower } from './rule.ts';

export const lowerRelu: Lower<PlainFields> = (graph, layer, _fields, input) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  graph.op('relu', layer.id, { inputs: [input], outputs: [output] });
  return output;
};

export const reluGradient: Gradient = (graph, op, wants) => {
  if (!wants) return;
  const gradient = incoming(graph, op);
  const { buffer, accumulate } = graph.contribution(op.inputs[0] ?? -1);
  graph.op('relu-gradient', op.layer, { inputs: [gradient, op.outputs[0] ?? -1], outputs: [buffer], accumulate: [accumulate] });
};
