/** Table of the readers of layer types by name. */
import { LAYERS, type JoiningType, type LayerType } from '../../../core/formats/network-format.ts';
import { readAdd } from './add.ts';
import { readBatchNorm } from './batch-norm.ts';
import { readConcat } from './concat.ts';
import { readConv } from './conv.ts';
import { readDense } from './dense.ts';
import { readDropout } from './dropout.ts';
import { readFlatten } from './flatten.ts';
import { readGlobalAveragePool } from './global-average-pool.ts';
import { readLayerNorm } from './layer-norm.ts';
import { keepsShape, type ReadJoining, type ReadLayer } from './layer-type.ts';
import { readLeakyRelu } from './leaky-relu.ts';
import { readMultiply } from './multiply.ts';
import { readAveragePool, readMaxPool } from './pool.ts';

/** Types that read one layer. */
const single: Readonly<Record<Exclude<LayerType, JoiningType>, ReadLayer>> = {
  conv: readConv,
  dense: readDense,
  'max-pool': readMaxPool,
  'average-pool': readAveragePool,
  'global-average-pool': readGlobalAveragePool,
  relu: keepsShape({ type: 'relu' }),
  'leaky-relu': readLeakyRelu,
  gelu: keepsShape({ type: 'gelu' }),
  silu: keepsShape({ type: 'silu' }),
  sigmoid: keepsShape({ type: 'sigmoid' }),
  tanh: keepsShape({ type: 'tanh' }),
  identity: keepsShape({ type: 'identity' }),
  flatten: readFlatten,
  dropout: readDropout,
  'batch-norm': readBatchNorm,
  'layer-norm': readLayerNorm,
};

/** Types that read several layers. */
const joining: Readonly<Record<JoiningType, ReadJoining>> = {
  add: readAdd,
  multiply: readMultiply,
  concat: readConcat,
};

export const SINGLE_TYPES: ReadonlyMap<string, ReadLayer> = new Map(Object.entries(single));
export const JOINING_TYPES: ReadonlyMap<string, ReadJoining> = new Map(Object.entries(joining));

export const LAYER_TYPES: readonly string[] = Object.keys(LAYERS);
export const ACTIVATION_TYPES: readonly string[] = Object.entries(LAYERS).flatMap(
  ([type, format]) => ('activation' in format ? [type] : []),
);
