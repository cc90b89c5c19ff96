/** Table of the functions that emit each kind of op. */
import type { Op, OpKind } from '../../../plan/plan.ts';
import type { Step } from '../step.ts';
import * as activations from './activation.ts';
import { conv, convInputGradient, convWeightGradient } from './conv.ts';
import { dense, denseInputGradient, denseWeightGradient } from './dense.ts';
import { dropout } from './dropout.ts';
import { gather } from './gather.ts';
import { add, addGradient, concat, concatGradient, multiply, multiplyGradient } from './join.ts';
import { meanSquaredError, softmaxCrossEntropy } from './loss.ts';
import {
  batchNorm,
  batchNormEvaluation,
  batchNormGradient,
  layerNorm,
  layerNormGradient,
} from './norm.ts';
import {
  averagePool,
  averagePoolGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  maxPool,
  maxPoolGradient,
} from './pool.ts';
import { adam, clip, rmsprop, sgd } from './update.ts';

const { activation, activationGradient } = activations;

const OPS: Readonly<Record<Exclude<OpKind, 'gather'>, (step: Step, op: Op) => void>> = {
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
  relu: activation(activations.relu),
  'relu-gradient': activationGradient(activations.reluGradient),
  'leaky-relu': activation(activations.leakyRelu),
  'leaky-relu-gradient': activationGradient(activations.leakyReluGradient),
  gelu: activation(activations.gelu),
  'gelu-gradient': activationGradient(activations.geluGradient),
  silu: activation(activations.silu),
  'silu-gradient': activationGradient(activations.siluGradient),
  sigmoid: activation(activations.sigmoid),
  'sigmoid-gradient': activationGradient(activations.sigmoidGradient),
  tanh: activation(activations.tanh),
  'tanh-gradient': activationGradient(activations.tanhGradient),
  flatten: addGradient,
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

/** Emits all ops of one training or evaluation step. */
export function write(step: Step, ops: readonly Op[], training: boolean): void {
  for (const op of ops) {
    if (op.kind === 'gather') gather(step, op, training);
    else OPS[op.kind](step, op);
  }
}
