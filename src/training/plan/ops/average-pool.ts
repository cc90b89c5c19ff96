/**
 * average-pool: input x; output: mean of each window's valid taps. Gradient: input y'; output x'.
 * Attributes size, stride, padding.
 */
import { at } from '../../../core/at.ts';
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerAveragePool: Lower<SettledLayer<'average-pool'>> = (
  graph,
  layer,
  { size, stride, padding },
  from,
) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  const attributes = { size: [...size], stride: [...stride], padding: [...padding] };
  graph.op('average-pool', layer.id, {
    inputs: [only(layer, from)],
    outputs: [output],
    attributes,
  });
  return output;
};

export const averagePoolGradient: Gradient = (graph, op, wants) => {
  if (wants[0] !== true) return;
  graph.contribute('average-pool-gradient', op, at(op.inputs, 0), {
    inputs: [incoming(graph, op)],
    attributes: op.attributes,
  });
};
