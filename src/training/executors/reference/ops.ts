/** Carries out one op of a plan: the table from kind to function. */
import type { Op, OpKind } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import { conv, convInputGradient, convWeightGradient } from './conv.ts';
import { dense, denseInputGradient, denseWeightGradient } from './dense.ts';
import { dropout, relu, reluGradient } from './element-wise.ts';
import { gather } from './gather.ts';
import { softmaxCrossEntropy } from './loss.ts';
import { maxPool, maxPoolGradient } from './max-pool.ts';
import { sgd } from './sgd.ts';
import type { Step } from './tensors.ts';

type Execute = (op: Op, step: Step, slots: readonly Float64Array[]) => void;

const OPS: Readonly<Partial<Record<OpKind, Execute>>> = {
  gather,
  conv,
  'conv-weight-gradient': convWeightGradient,
  'conv-input-gradient': convInputGradient,
  dense,
  'dense-weight-gradient': denseWeightGradient,
  'dense-input-gradient': denseInputGradient,
  'max-pool': maxPool,
  'max-pool-gradient': maxPoolGradient,
  relu,
  'relu-gradient': reluGradient,
  dropout,
  'dropout-gradient': dropout,
  'softmax-cross-entropy': softmaxCrossEntropy,
  sgd,
  flatten: () => undefined, // the same memory
};

export function execute(op: Op, step: Step, slots: readonly Float64Array[]): void {
  const run = OPS[op.kind];
  if (run === undefined) throw new TrainingError('unsupported', `reference has no ${op.kind}`, op.layer);
  run(op, step, slots);
}
