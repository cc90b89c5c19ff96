/** Lowers batch norm, with a following relu, for the whole batch, and layer norm tile by tile. */
import { numberOf, type Op, type Plan } from '../../../plan/plan.ts';
import {
  batchNorm as batchNormKernel,
  batchNormEvaluation as batchNormEvaluationKernel,
  batchNormGradient as batchNormGradientKernel,
} from '../kernels/batch-norm.ts';
import {
  layerNorm as layerNormKernel,
  layerNormGradient as layerNormGradientKernel,
} from '../kernels/layer-norm.ts';
import { NOTHING, step, TILES, type KernelStep } from '../steps.ts';
import { adds, count, imageOf, inLane, input, output, shapeOf, type Lowering } from './lowering.ts';

function planes(
  plan: Plan,
  ids: readonly number[],
  n = 0,
): { readonly channels: number; readonly plane: number } {
  const [channels] = imageOf(plan, ids, n);
  return { channels, plane: count(plan, ids, n) / channels };
}

export function batchNorm(lowering: Lowering, op: Op): KernelStep[] {
  const kernel = batchNormKernel({
    ...planes(lowering.plan, op.inputs),
    momentum: numberOf(op, 'momentum'),
    epsilon: numberOf(op, 'epsilon'),
    relu: lowering.fusion.rectified.has(op.layer),
  });
  const lane = [1, 2, 3, 4].map((n) => inLane(lowering, op.inputs, n));
  const results = [0, 1, 2].map((n) => output(lowering, op, n));
  return [step('batch', kernel, input(lowering, op), ...lane, ...results, TILES)];
}

export function batchNormEvaluation(lowering: Lowering, op: Op): KernelStep[] {
  const relu = lowering.fusion.rectified.has(op.layer);
  const kernel = batchNormEvaluationKernel({
    ...planes(lowering.plan, op.inputs),
    epsilon: numberOf(op, 'epsilon'),
    relu,
  });
  const lane = [1, 2, 3, 4].map((n) => inLane(lowering, op.inputs, n));
  return [step('tile', kernel, input(lowering, op), ...lane, output(lowering, op))];
}

/** Operands: y', x, weight, mean, inverse. */
export function batchNormGradient(lowering: Lowering, op: Op): KernelStep[] {
  const { plan, fusion } = lowering;
  const relu = fusion.rectified.get(op.layer);
  const wants = op.outputs.length > 2;
  const kernel = batchNormGradientKernel({
    ...planes(plan, op.inputs, 1),
    relu: relu !== undefined,
    wants,
    add: adds(op, 2),
  });
  // With relu, the incoming gradient is the relu's, not yet masked, in the memory of the masked
  // one.
  const incoming =
    relu === undefined ? input(lowering, op) : input(lowering, reluGradient(plan, relu));
  return [
    step(
      'batch',
      kernel,
      incoming,
      relu === undefined ? NOTHING : output(lowering, relu),
      input(lowering, op, 1),
      inLane(lowering, op.inputs, 2),
      input(lowering, op, 3),
      input(lowering, op, 4),
      inLane(lowering, op.outputs, 0),
      inLane(lowering, op.outputs, 1),
      wants ? output(lowering, op, 2) : NOTHING,
      TILES,
    ),
  ];
}

function reluGradient(plan: Plan, relu: Op): Op {
  const op = plan.train.find((o) => o.kind === 'relu-gradient' && o.layer === relu.layer);
  if (op === undefined) throw new Error(`${relu.layer}: no gradient`);
  return op;
}

export function layerNorm(lowering: Lowering, op: Op): KernelStep[] {
  const kernel = layerNormKernel({
    shape: shapeOf(lowering.plan, op.inputs),
    over: over(op),
    epsilon: numberOf(op, 'epsilon'),
  });
  const lane = [1, 2].map((n) => inLane(lowering, op.inputs, n));
  return [
    step(
      'tile',
      kernel,
      input(lowering, op),
      ...lane,
      ...[0, 1, 2].map((n) => output(lowering, op, n)),
    ),
  ];
}

/** Operands: y', x, weight, mean, inverse. */
export function layerNormGradient(lowering: Lowering, op: Op): KernelStep[] {
  const wants = op.outputs.length > 2;
  const kernel = layerNormGradientKernel({
    shape: shapeOf(lowering.plan, op.inputs, 1),
    over: over(op),
    wants,
    add: adds(op, 2),
  });
  return [
    step(
      'tile',
      kernel,
      input(lowering, op),
      input(lowering, op, 1),
      inLane(lowering, op.inputs, 2),
      input(lowering, op, 3),
      input(lowering, op, 4),
      inLane(lowering, op.outputs, 0),
      inLane(lowering, op.outputs, 1),
      wants ? output(lowering, op, 2) : NOTHING,
    ),
  ];
}

function over(op: Op): 'all' | 'channels' {
  return op.attributes['over'] === 'channels' ? 'channels' : 'all';
}
