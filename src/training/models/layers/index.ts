/** Every layer type by name: those that can be read, and those the format names that are not built yet. */
import { readConv } from './conv.ts';
import { readDense } from './dense.ts';
import type { ReadLayer } from './layer-type.ts';
import { readMaxPool } from './max-pool.ts';
import { readDropout, readFlatten, readIdentity, readRelu } from './plain.ts';

export const LAYER_TYPES: ReadonlyMap<string, ReadLayer> = new Map([
  ['conv', readConv],
  ['dense', readDense],
  ['max-pool', readMaxPool],
  ['relu', readRelu],
  ['flatten', readFlatten],
  ['dropout', readDropout],
  ['identity', readIdentity],
]);

/** In the format, but no executor has them: described networks get a clear refusal. */
export const PLANNED_LAYER_TYPES: readonly string[] = [
  'average-pool',
  'global-average-pool',
  'leaky-relu',
  'gelu',
  'silu',
  'sigmoid',
  'tanh',
  'batch-norm',
  'layer-norm',
  'add',
  'multiply',
  'concat',
];

/** What a `type` given by a parameter may become. */
export const ACTIVATIONS: readonly string[] = ['relu', 'leaky-relu', 'gelu', 'silu', 'sigmoid', 'tanh', 'identity'];
