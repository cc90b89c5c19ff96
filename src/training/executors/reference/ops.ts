/** Table of the functions that execute each kind of op. */
import type { Op, OpKind } from '../../plan/plan.ts';
import * as activation from './activation.ts';
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool,
  globalAveragePoolGradient,
} from './average-pool.ts';
import { batchNorm, batchNormEvaluation, batchNormGradient } from './batch-norm.ts';
import { conv, convInputGradient, convWeightGradient } from './conv.ts';
import { dense, denseInputGradient, denseWeightGradient } from './dense.ts';
import { dropout } from './dropout.ts';
import { gather } from './gather.ts';
import { add, addGradient, concat, concatGradient, multiply, multiplyGradient } from './joins.ts';
import { layerNorm, layerNormGradient } from './layer-norm.ts';
import { meanSquaredError, softmaxCrossEntropy } from './loss.ts';
import { maxPool, maxPoolGradient } from './max-pool.ts';
import type { OpInputs } from './tensors.ts';
import { adam, clip, rmsprop, sgd, type Slots } from './update.ts';

type Execute = (op: Op, step: OpInputs, slots: Slots) => void;

const OPS: Readonly<Record<OpKind, Execute>> = {
  gather,
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
  flatten: () => undefined, // the output shares the input's memory
  dropout,
  'dropout-gradient': dropout,
  'batch-norm': batchNorm,
  'batch-norm-evaluation': batchNormEvaluation,
  'batch-norm-gradient': batchNormGradient,
  'layer-norm': layerNorm,
  'layer-norm-gradient': layerNormGradient,
  add,
  'add-gradient': addGradient,
  multiply,
  'multiply-gradient': multiplyGradient,
  concat,
  'concat-gradient': concatGradient,
  'softmax-cross-entropy': softmaxCrossEntropy,
  'mean-squared-error': meanSquaredError,
  clip,
  sgd,
  adam,
  adamw: adam,
  rmsprop,
};

export function execute(op: Op, step: OpInputs, slots: Slots): void {
  OPS[op.kind](op, step, slots);
}
