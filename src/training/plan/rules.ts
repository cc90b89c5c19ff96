/**
 * Tables of the rules by layer type and op kind: how a layer becomes ops, and how an op propagates
 * gradients.
 */
import type { Layer } from '../models/network.ts';
import type { Graph } from './graph.ts';
import type { OpKind } from './op-kinds.ts';
import { activationGradient, lowerActivation } from './ops/activation.ts';
import { addGradient, lowerAdd } from './ops/add.ts';
import { averagePoolGradient, lowerAveragePool } from './ops/average-pool.ts';
import { lowerBatchNorm, normGradient } from './ops/batch-norm.ts';
import { concatGradient, lowerConcat } from './ops/concat.ts';
import { convGradient, lowerConv } from './ops/conv.ts';
import { denseGradient, lowerDense } from './ops/dense.ts';
import { dropoutGradient, lowerDropout } from './ops/dropout.ts';
import { flattenGradient, lowerFlatten } from './ops/flatten.ts';
import { globalAveragePoolGradient, lowerGlobalAveragePool } from './ops/global-average-pool.ts';
import { lowerLayerNorm } from './ops/layer-norm.ts';
import { lowerMaxPool, maxPoolGradient } from './ops/max-pool.ts';
import { lowerMultiply, multiplyGradient } from './ops/multiply.ts';
import type { Gradient, Initialise } from './ops/rule.ts';

export const GRADIENTS: Readonly<Partial<Record<OpKind, Gradient>>> = {
  conv: convGradient,
  dense: denseGradient,
  'max-pool': maxPoolGradient,
  'average-pool': averagePoolGradient,
  'global-average-pool': globalAveragePoolGradient,
  relu: activationGradient('relu', 'output'),
  'leaky-relu': activationGradient('leaky-relu', 'output'),
  gelu: activationGradient('gelu', 'input'),
  silu: activationGradient('silu', 'input'),
  sigmoid: activationGradient('sigmoid', 'output'),
  tanh: activationGradient('tanh', 'output'),
  flatten: flattenGradient,
  dropout: dropoutGradient,
  'batch-norm': normGradient('batch-norm-gradient'),
  'layer-norm': normGradient('layer-norm-gradient'),
  add: addGradient,
  multiply: multiplyGradient,
  concat: concatGradient,
};

/**
 * Appends a layer's ops.
 * @returns id of the output's buffer
 */
export function lowerLayer(
  graph: Graph,
  layer: Layer,
  inputs: readonly number[],
  initialise: Initialise,
): number {
  const { fields } = layer;
  switch (fields.type) {
    case 'conv':
      return lowerConv(graph, layer, fields, inputs, initialise);
    case 'dense':
      return lowerDense(graph, layer, fields, inputs, initialise);
    case 'max-pool':
      return lowerMaxPool(graph, layer, fields, inputs, initialise);
    case 'average-pool':
      return lowerAveragePool(graph, layer, fields, inputs, initialise);
    case 'dropout':
      return lowerDropout(graph, layer, fields, inputs, initialise);
    case 'batch-norm':
      return lowerBatchNorm(graph, layer, fields, inputs, initialise);
    case 'layer-norm':
      return lowerLayerNorm(graph, layer, fields, inputs, initialise);
    case 'leaky-relu':
      return lowerActivation('leaky-relu')(graph, layer, fields, inputs, initialise);
    case 'relu':
    case 'gelu':
    case 'silu':
    case 'sigmoid':
    case 'tanh':
      return lowerActivation(fields.type)(graph, layer, fields, inputs, initialise);
    case 'flatten':
    case 'identity':
      return lowerFlatten(graph, layer, fields, inputs, initialise);
    case 'global-average-pool':
      return lowerGlobalAveragePool(graph, layer, fields, inputs, initialise);
    case 'add':
      return lowerAdd(graph, layer, fields, inputs, initialise);
    case 'multiply':
      return lowerMultiply(graph, layer, fields, inputs, initialise);
    case 'concat':
      return lowerConcat(graph, layer, fields, inputs, initialise);
  }
}
