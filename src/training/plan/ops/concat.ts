/**
 * concat: inputs of equal H and W; output: their channels (or features) concatenated, with zeros
 * around. Attribute before: number of zero channels in front; the elements after the parts are
 * zeros as well. concat-gradient, once per input: input y'; output x', a slice. Attribute first:
 * number of elements of y before the slice.
 */
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import { elements, numberOf } from '../plan.ts';
import { incoming, type Gradient, type Lower } from './rule.ts';

export const lowerConcat: Lower<SettledLayer<'concat'>> = (graph, layer, { zeros }, inputs) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  graph.op('concat', layer.id, { inputs, outputs: [output], attributes: { before: zeros[0] } });
  return output;
};

export const concatGradient: Gradient = (graph, op, wants) => {
  const gradient = incoming(graph, op);
  const plane = elements(graph.shapeOf(gradient).slice(1));
  let first = numberOf(op, 'before') * plane;
  op.inputs.forEach((input, k) => {
    if (wants[k] === true)
      graph.contribute('concat-gradient', op, input, { inputs: [gradient], attributes: { first } });
    first += elements(graph.shapeOf(input));
  });
};
