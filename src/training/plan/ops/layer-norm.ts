/**
 * layer-norm: inputs x, weight, bias; outputs y, mean, inverse. Statistics per sample, over all
 * elements or over the channels of each pixel (Ba et al. 2016). The gradient has the operands of
 * batch-norm-gradient.
 */
import type { SettledLayer } from '../../../core/formats/network-format.ts';
import { scaleAndShift } from './batch-norm.ts';
import { only, type Lower } from './rule.ts';

export const lowerLayerNorm: Lower<SettledLayer<'layer-norm'>> = (
  graph,
  layer,
  { epsilon, over },
  from,
) => {
  const input = only(layer, from);
  const shape = graph.shapeOf(input);
  const [weight, bias] = scaleAndShift(graph, layer.id, over === 'all' ? shape : shape.slice(0, 1));
  const output = graph.buffer(layer.id, 'activation', layer.output);
  const groups = over === 'all' ? [1] : [1, ...shape.slice(1)];
  const saved = ['mean', 'inverse'].map((name) =>
    graph.buffer(`${layer.id}.${name}`, 'saved', groups),
  );
  graph.op('layer-norm', layer.id, {
    inputs: [input, weight, bias],
    outputs: [output, ...saved],
    attributes: { over, epsilon },
  });
  return output;
};
