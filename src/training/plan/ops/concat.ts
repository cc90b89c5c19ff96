/**
 * concat: two or more inputs of equal H and W; output their channels (or features) one after another.
 * concat-gradient, once an input: input y'; output x', a slice. Attribute first: elements of y before it.
 */
import type { PlainFields } from '../../models/network.ts';
import { elements } from '../plan.ts';
import { incoming, type Gradient, type Lower } from './rule.ts';

export const lowerConcat: Lower<PlainFields> = (graph, layer, _fields, inputs) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  graph.op('concat', layer.id, { inputs, outputs: [output] });
  return output;
};

export const concatGradient: Gradient = (graph, op, wants) => {
  const gradient = incoming(graph, op);
  let first = 0;
  op.inputs.forEach((input, k) => {
    if (wants[k] === true) graph.contribute('concat-gradient', op, input, { inputs: [gradient], attributes: { first } });
    first += elements(graph.shapeOf(input));
  });
};
