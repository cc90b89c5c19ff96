/** The table of form B: how each kind of op becomes kernels. */
import type { Op, OpKind } from '../../../plan/plan.ts';
import type { Kernel } from '../kernel.ts';
import { elementwise } from './activation.ts';
import { batchNorm, batchNormGradient } from './batch-norm.ts';
import { conv, convInputGradient, convWeightGradient } from './conv.ts';
import { dropout } from './dropout.ts';
import { gather } from './gather.ts';
import { concat, concatGradient, multiplyGradient } from './join.ts';
import { layerNorm, layerNormGradient } from './layer-norm.ts';
import { loss } from './loss.ts';
import type { Lower, Lowering } from './lowering.ts';
import { globalPool, pool, poolGradient } from './pool.ts';
import { samplewise } from './samplewise.ts';
import { clip, update } from './update.ts';
import { withViews } from './views.ts';

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
  'global-average-pool-gradient': elementwise,
  relu: elementwise,
  'relu-gradient': elementwise,
  'leaky-relu': elementwise,
  'leaky-relu-gradient': elementwise,
  gelu: elementwise,
  'gelu-gradient': elementwise,
  silu: elementwise,
  'silu-gradient': elementwise,
  sigmoid: elementwise,
  'sigmoid-gradient': elementwise,
  tanh: elementwise,
  'tanh-gradient': elementwise,
  // The output is the input's memory.
  flatten: () => [],
  dropout,
  'dropout-gradient': dropout,
  'batch-norm': batchNorm,
  'batch-norm-evaluation': elementwise,
  'batch-norm-gradient': batchNormGradient,
  'layer-norm': layerNorm,
  'layer-norm-gradient': layerNormGradient,
  add: elementwise,
  'add-gradient': elementwise,
  multiply: elementwise,
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
  const members = new Set([...to.fusion.samplewise.values()].flat());
  return ops
    .filter((op) => !to.fusion.absorbed.has(op) && !members.has(op))
    .flatMap((op) => {
      const layers = to.fusion.samplewise.get(op);
      const kernels = lowerOp(op, to);
      return layers === undefined ? kernels : [samplewise(kernels, layers, to)];
    })
    .map((kernel) => withViews(kernel, to));
}

export function lowerOp(op: Op, to: Lowering): readonly Kernel[] {
  return LOWER[op.kind](op, to);
}
