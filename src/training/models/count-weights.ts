/**
 * Counts the trainable numbers of a layer: kernel, bias, scale and shift. Equals the plan's weights
 * without compiling a plan.
 */
import { at } from '../../core/at.ts';
import { sizeOf, type Layer, type Network, type Shape } from './network.ts';

/** @param input shape of the first layer that it reads */
export function countWeights({ fields }: Pick<Layer, 'fields'>, input: Shape): number {
  switch (fields.type) {
    case 'conv': {
      const { filters, kernel, groups, bias } = fields;
      return (filters * at(input, 0) * kernel[0] * kernel[1]) / groups + (bias ? filters : 0);
    }
    case 'dense':
      return fields.units * (at(input, 0) + (fields.bias ? 1 : 0));
    case 'batch-norm':
      return 2 * at(input, 0);
    case 'layer-norm':
      return 2 * (fields.over === 'all' ? sizeOf(input) : at(input, 0));
    case 'max-pool':
    case 'average-pool':
    case 'dropout':
    case 'leaky-relu':
    case 'concat':
    case 'relu':
    case 'gelu':
    case 'silu':
    case 'sigmoid':
    case 'tanh':
    case 'flatten':
    case 'identity':
    case 'global-average-pool':
    case 'add':
    case 'multiply':
      return 0;
    default:
      return fields satisfies never;
  }
}

/** Counts per layer, in order. */
export function weightsByLayer({ layers, input }: Network): number[] {
  return layers.map((layer) => {
    const from = at(layer.from, 0);
    return countWeights(layer, from < 0 ? input.shape : at(layers, from).output);
  });
}
