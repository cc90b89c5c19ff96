/**
 * flatten (and identity): input x; output: the same memory with another shape. The gradient has the
 * same values: an add-gradient, which `in-place.ts` removes where the memory can be shared.
 */
import { at } from '../../../core/at.ts';
import type { PlainFields } from '../../models/network.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerFlatten: Lower<PlainFields> = (graph, layer, _fields, from) => {
  const input = only(layer, from);
  const { role, perLane } = graph.at(input);
  const output = graph.buffer(layer.id, role === 'input' ? 'activation' : role, layer.output, {
    aliasOf: input,
    perLane,
  });
  graph.op('flatten', layer.id, { inputs: [input], outputs: [output] });
  return output;
};

export const flattenGradient: Gradient = (graph, op, wants) => {
  if (wants[0] === true)
    graph.contribute('add-gradient', op, at(op.inputs, 0), { inputs: [incoming(graph, op)] });
};
