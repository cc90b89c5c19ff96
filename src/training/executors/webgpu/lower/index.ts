/** The table of form B: how each kind of op becomes kernels. */
import type { Op, OpKind } from '../../../plan/plan.ts';
import type { Kernel } from '../kernel.ts';
import * as activation from './activation.ts';
import { batchNorm, batchNormEvaluation, batchNormGradient } from './batch-norm.ts';
import { conv, convInputGradient, convWeightGradient } from './conv.ts';
import { dropout } from './dropout.ts';
import { gather } from './gather.ts';
import { add, concat, concatGradient, multiply, multiplyGradient } from './join.ts';
import { layerNorm, layerNormGradient } from './layer-norm.ts';
import { loss } from './loss.ts';
import type { Lower, Lowering } from './lowering.ts';
import { globalPool, globalPoolGradient, pool, poolGradient } from './pool.ts';
import { clip, update } from './update.ts';

const LOWER: Readonly<Record<OpKind, Lower>> = {
  gather,
  conv,
  'conv-weight-gradient': convWeightGradient,
  'conv-input-gradient': convInputGradient,
  dense: conv,
  'dense-weight-gradient': convWeightGradient,
  'dense-input-gradient': convInputGradient,
  'max-pool': pool,
  'max-pool-gradient': poolGradient,
  'average-pool': pool,
  'average-pool-gradient': poolGradient,
  'global-average-pool': globalPool,
  'global-average-pool-gradient': globalPoolGradient,
  relu: activation.relu,
  'relu-gradient': activation.reluGradient,
  'leaky-relu': activation.leakyRelu,
  'leaky-relu-gradient': activation.leakyReluGradient,
  gelu: activation.gelu,
  'gelu-gradient': activation.geluGradient,
  silu: activation.silu,
  'silu-gradient': activation.siluGradient,
  sigmoid: activation.sigmoid,
  'sigmoid-gradient': activation.sigmoidGradient,
  tanh: activation.tanh,
  'tanh-gradient': activation.tanhGradient,
  // The output is the input's memory.
  flatten: () => [],
  dropout,
  'dropout-gradient': dropout,
  'batch-norm': batchNorm,
  'batch-norm-evaluation': batchNormEvaluation,
  'batch-norm-gradient': batchNormGradient,
  'layer-norm': layerNorm,
  'layer-norm-gradient': layerNormGradient,
  add,
  'add-gradient': activation.copy,
  multiply,
  'multiply-gradient': multiplyGradient,
  concat,
  'concat-gradient': concatGradient,
  'softmax-cross-entropy': loss,
  'mean-squared-error': loss,
  clip,
  sgd: update,
  adam: update,
  adamw: update,
  rmsprop: update,
};

export function lowerOps(ops: readonly Op[], to: Lowering): readonly Kernel[] {
  return ops.flatMap((op) => lowerOp(op, to));
}

export function lowerOp(op: Op, to: Lowering): readonly Kernel[] {
  return LOWER[op.kind](op, to);
}
