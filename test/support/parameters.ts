/**
 * Number of trainable parameters of a network, computed from the shapes of its layers alone,
 * independently of the plan.
 */
import type { Layer, Network, Shape } from '../../src/training/models/network.ts';

export function parametersOf(network: Network): number {
  return network.layers.reduce((sum, layer) => {
    const [from = -1] = layer.from;
    return sum + count(layer, from < 0 ? network.input.shape : network.layers[from]!.output);
  }, 0);
}

function count({ fields, output }: Layer, [channels = 0, ...pixels]: Shape): number {
  if (fields.type === 'conv')
    return (
      (fields.filters * channels * fields.kernel[0] * fields.kernel[1]) / fields.groups +
      (fields.bias ? fields.filters : 0)
    );
  if (fields.type === 'dense') return fields.units * channels + (fields.bias ? fields.units : 0);
  if (fields.type === 'batch-norm') return 2 * output[0]!;
  if (fields.type === 'layer-norm')
    return 2 * channels * (fields.over === 'all' ? pixels.reduce((a, b) => a * b, 1) : 1);
  return 0;
}
