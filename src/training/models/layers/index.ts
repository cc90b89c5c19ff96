/** Table of the layer types by name. */
import { ADD } from './add.ts';
import { readBatchNorm } from './batch-norm.ts';
import { CONCAT } from './concat.ts';
import { readConv } from './conv.ts';
import { readDense } from './dense.ts';
import { readDropout } from './dropout.ts';
import { readFlatten } from './flatten.ts';
import { readGlobalAveragePool } from './global-average-pool.ts';
import { readLayerNorm } from './layer-norm.ts';
import { keepsShape, type JoiningType, type ReadLayer } from './layer-type.ts';
import { readLeakyRelu } from './leaky-relu.ts';
import { MULTIPLY } from './multiply.ts';
import { readAveragePool, readMaxPool } from './pool.ts';

/** Types that a parameter may select: each accepts any shape and keeps it. */
const ACTIVATIONS: ReadonlyMap<string, ReadLayer> = new Map<string, ReadLayer>([
  ['relu', keepsShape({ type: 'relu' })],
  ['leaky-relu', readLeakyRelu],
  ['gelu', keepsShape({ type: 'gelu' })],
  ['silu', keepsShape({ type: 'silu' })],
  ['sigmoid', keepsShape({ type: 'sigmoid' })],
  ['tanh', keepsShape({ type: 'tanh' })],
  ['identity', keepsShape({ type: 'identity' })],
]);

/** Types that read one layer. */
export const SINGLE_TYPES: ReadonlyMap<string, ReadLayer> = new Map<string, ReadLayer>([
  ['conv', readConv],
  ['dense', readDense],
  ['max-pool', readMaxPool],
  ['average-pool', readAveragePool],
  ['global-average-pool', readGlobalAveragePool],
  ...ACTIVATIONS,
  ['flatten', readFlatten],
  ['dropout', readDropout],
  ['batch-norm', readBatchNorm],
  ['layer-norm', readLayerNorm],
]);

/** Types that read several layers. */
export const JOINING_TYPES: ReadonlyMap<string, JoiningType> = new Map<string, JoiningType>([
  ['add', ADD],
  ['multiply', MULTIPLY],
  ['concat', CONCAT],
]);

export const LAYER_TYPES: readonly string[] = [...SINGLE_TYPES.keys(), ...JOINING_TYPES.keys()];
export const ACTIVATION_TYPES: readonly string[] = [...ACTIVATIONS.keys()];
