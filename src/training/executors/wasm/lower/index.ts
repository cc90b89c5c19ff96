/** Lowers a plan's ops to kernels in order, without the ops that are fused into others. */
import type { Pausable } from '../../../../runtime/pausable.ts';
import type { Op, OpKind, Plan } from '../../../plan/plan.ts';
import type { Fusion } from '../fusion.ts';
import { laneBlock } from '../lane-block.ts';
import type { KernelStep } from '../steps.ts';
import { conv, convInputGradient, convWeightGradient } from './conv.ts';
import { dense, denseInputGradient, denseWeightGradient } from './dense.ts';
import {
  activate,
  activateBackwards,
  add,
  concat,
  concatGradient,
  dropout,
  dropoutGradient,
  multiply,
  multiplyGradient,
  sameValues,
} from './element-wise.ts';
import { meanSquaredError, softmaxCrossEntropy } from './loss.ts';
import type { Lower } from './lowering.ts';
import {
  batchNorm,
  batchNormEvaluation,
  batchNormGradient,
  layerNorm,
  layerNormGradient,
} from './normalisation.ts';
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
} from './pools.ts';

export { lowerUpdate } from './update.ts';

/** For gather, clipping and the optimiser, which have separate exports. */
const nothing: Lower = () => [];

const RULES: Record<OpKind, Lower> = {
  gather: nothing,
  conv,
  'conv-weight-gradient': convWeightGradient,
  'conv-input-gradient': convInputGradient,
  dense,
  'dense-weight-gradient': denseWeightGradient,
  'dense-input-gradient': denseInputGradient,
  'max-pool': maxPool,
  'max-pool-gradient': maxPoolGradient,
  'average-pool': averagePool,
  'average-pool-gradient': averagePoolGradient,
  'global-average-pool': globalAveragePool,
  'global-average-pool-gradient': globalAveragePoolGradient,
  relu: activate('relu'),
  'relu-gradient': activateBackwards('relu'),
  'leaky-relu': activate('leaky-relu'),
  'leaky-relu-gradient': activateBackwards('leaky-relu'),
  gelu: activate('gelu'),
  'gelu-gradient': activateBackwards('gelu'),
  silu: activate('silu'),
  'silu-gradient': activateBackwards('silu'),
  sigmoid: activate('sigmoid'),
  'sigmoid-gradient': activateBackwards('sigmoid'),
  tanh: activate('tanh'),
  'tanh-gradient': activateBackwards('tanh'),
  flatten: sameValues,
  dropout,
  'dropout-gradient': dropoutGradient,
  'batch-norm': batchNorm,
  'batch-norm-evaluation': batchNormEvaluation,
  'batch-norm-gradient': batchNormGradient,
  'layer-norm': layerNorm,
  'layer-norm-gradient': layerNormGradient,
  add,
  'add-gradient': sameValues,
  multiply,
  'multiply-gradient': multiplyGradient,
  concat,
  'concat-gradient': concatGradient,
  'softmax-cross-entropy': softmaxCrossEntropy,
  'mean-squared-error': meanSquaredError,
  clip: nothing,
  sgd: nothing,
  adam: nothing,
  adamw: nothing,
  rmsprop: nothing,
};

/** Lowers the ops of a training or evaluation step. */
export function* lower(plan: Plan, ops: readonly Op[], fusion: Fusion): Pausable<KernelStep[]> {
  const lowering = { plan, fusion, block: laneBlock(plan) };
  const rectifying = new Set([...fusion.rectified.values()].map(({ layer }) => layer));
  const steps: KernelStep[] = [];
  for (const op of ops) {
    if (!isAbsorbed(op, fusion, rectifying)) steps.push(...RULES[op.kind](lowering, op));
    yield;
  }
  return steps;
}

/**
 * Returns whether another op's kernel executes the op: ops after a fused convolution or a rectified
 * norm, and the gradient of the norm's relu.
 */
function isAbsorbed(op: Op, { absorbed }: Fusion, rectifying: ReadonlySet<string>): boolean {
  if (op.kind === 'relu' || op.kind === 'max-pool') return absorbed.has(op.layer);
  return op.kind === 'relu-gradient' && rectifying.has(op.layer);
}
