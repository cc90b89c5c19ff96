/**
 * dropout: input x; output y = x·m, m = word < T ? 0 : k, T and k per lane (columns `threshold`,
 * `scale`). dropout-gradient: input y'; output x' = y'·m. The mask is a function of the step, so it
 * is not saved. Attributes: ordinal (among the network's dropout layers) and features.
 */
import { at } from '../../../core/at.ts';
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import { elements } from '../plan.ts';
import { incoming, only, type Gradient, type Lower } from './rule.ts';

export const lowerDropout: Lower<SettledLayer<'dropout'>> = (graph, layer, _fields, from) => {
  const input = only(layer, from);
  const output = graph.buffer(layer.id, 'activation', layer.output);
  const hyper = [
    graph.column(`${layer.id}.threshold`, 'u32'),
    graph.column(`${layer.id}.scale`, 'f32'),
  ];
  const ordinal = graph.ops.filter((op) => op.kind === 'dropout').length;
  graph.op('dropout', layer.id, {
    inputs: [input],
    outputs: [output],
    attributes: { ordinal, features: elements(layer.output) },
    hyper,
  });
  return output;
};

export const dropoutGradient: Gradient = (graph, op, wants) => {
  const { attributes, hyper } = op;
  if (wants[0] === true)
    graph.contribute('dropout-gradient', op, at(op.inputs, 0), {
      inputs: [incoming(graph, op)],
      attributes,
      hyper,
    });
};
