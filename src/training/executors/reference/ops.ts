/** Carries out one op of a plan: the table from kind to function. */
import type { Op } from '../../plan/plan.ts';
import { conv, convInputGradient, convWeightGradient } from './conv.ts';
import { dense, denseInputGradient, denseWeightGradient } from './dense.ts';
import { dropout, relu, reluGradient } from './element-wise.ts';
import { gather } from './gather.ts';
import { softmaxCrossEntropy } from './loss.ts';
import { maxPool, maxPoolGradient } from './max-pool.ts';
import { sgd } from './sgd.ts';
import type { Step } from './tensors.ts';

export function execute(op: Op, step: Step, slots: readonly Float64Array[]): void {
  switch (op.kind) {
    case 'gather':
      return gather(op, step);
    case 'conv':
      return conv(op, step);
    case 'conv-weight-gradient':
      return convWeightGradient(op, step);
    case 'conv-input-gradient':
      return convInputGradient(op, step);
    case 'dense':
      return dense(op, step);
    case 'dense-weight-gradient':
      return denseWeightGradient(op, step);
    case 'dense-input-gradient':
      return denseInputGradient(op, step);
    case 'max-pool':
      return maxPool(op, step);
    case 'max-pool-gradient':
      return maxPoolGradient(op, step);
    case 'relu':
      return relu(op, step);
    case 'relu-gradient':
      return reluGradient(op, step);
    case 'dropout':
    case 'dropout-gradient':
      return dropout(op, step);
    case 'softmax-cross-entropy':
      return softmaxCrossEntropy(op, step);
    case 'sgd':
      return sgd(op, step, slots);
    case 'flatten':
      return; // the same memory
  }
}
