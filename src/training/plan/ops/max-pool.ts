/**
 * max-pool: input x [C,H,W]; outputs y and code (u8: the winning tap in row order; ties go to the first valid tap).
 * max-pool-gradient: inputs y', code; output x'. Attributes size, stride, padding.
 */
import type { MaxPoolFields } from '../../models/network.ts';
import { incoming, type Gradient, type Lower } from './rule.ts';

export const lowerMaxPool: Lower<MaxPoolFields> = (graph, layer, { size, stride, padding }, input) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  const code = graph.buffer(`${layer.id}.code`, 'saved', layer.output, { type: 'u8' });
  graph.op('max-pool', layer.id, {
    inputs: [input],
    outputs: [output, code],
    attributes: { size: [...size], stride: [...stride], padding: [...padding] },
  });
  return output;
};

export const maxPoolGradient: Gradient = (graph, op, wants) => {
  if (!wants) return;
  const gradient = incoming(graph, op);
  const { buffer, accumulate } = graph.contribution(op.inputs[0] ?? -1);
  graph.op('max-pool-gradient', op.layer, {
    inputs: [gradient, op.outputs[1] ?? -1],
    outputs: [buffer],
    accumulate: [accumulate],
    attributes: op.attributes,
  });
};
