/**
 * add: two or more inputs of equal shape; output: their sum. add-gradient, once per input: input
 * y'; output x', the same values.
 */
import type { PlainFields } from '../../models/network.ts';
import { incoming, type Gradient, type Lower } from './rule.ts';

export const lowerAdd: Lower<PlainFields> = (graph, layer, _fields, inputs) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  graph.op('add', layer.id, { inputs, outputs: [output] });
  return output;
};

export const addGradient: Gradient = (graph, op, wants) => {
  const gradient = incoming(graph, op);
  op.inputs.forEach((input, k) => {
    if (wants[k] === true) graph.contribute('add-gradient', op, input, { inputs: [gradient] });
  });
};
