/**
 * max-pool: input x [C,H,W]; outputs y and code (u8: the winning tap in row order; ties go to the
 * first valid tap). max-pool-gradient: inputs y', code; output x'. Attributes size, stride,
 * padding.
 */
import { at } from '../../../core/at.ts';
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerMaxPool: Lower<SettledLayer<'max-pool'>> = (
  graph,
  layer,
  { size, stride, padding },
  from,
) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  const code = graph.buffer(`${layer.id}.code`, 'saved', layer.output, { type: 'u8' });
  graph.op('max-pool', layer.id, {
    inputs: [only(layer, from)],
    outputs: [output, code],
    attributes: { size: [...size], stride: [...stride], padding: [...padding] },
  });
  return output;
};

export const maxPoolGradient: Gradient = (graph, op, wants) => {
  if (wants[0] !== true) return;
  const inputs = [incoming(graph, op), at(op.outputs, 1)];
  graph.contribute('max-pool-gradient', op, at(op.inputs, 0), {
    inputs,
    attributes: op.attributes,
  });
};
