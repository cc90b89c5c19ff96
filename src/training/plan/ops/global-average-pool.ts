/**
 * global-average-pool: input x [C,H,W]; output [C,1,1], the mean over H and W. Gradient: input y';
 * output x'.
 */
import { at } from '../../../core/at.ts';
import type { PlainFields } from '../../models/network.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerGlobalAveragePool: Lower<PlainFields> = (graph, layer, _fields, from) => {
  const output = graph.buffer(layer.id, 'activation', layer.output);
  graph.op('global-average-pool', layer.id, { inputs: [only(layer, from)], outputs: [output] });
  return output;
};

export const globalAveragePoolGradient: Gradient = (graph, op, wants) => {
  if (wants[0] === true)
    graph.contribute('global-average-pool-gradient', op, at(op.inputs, 0), {
      inputs: [incoming(graph, op)],
    });
};
