/**
 * Lowers losses: they add to the lane's tallies and write the gradient over the prediction or over
 * a copy of it.
 */
import { elements, type Op, type Plan } from '../../../plan/plan.ts';
import { labelsPlace } from '../geometry.ts';
import { copy } from '../kernels/arithmetic.ts';
import { meanSquaredError as meanSquaredErrorKernel } from '../kernels/mean-squared-error.ts';
import { softmaxCrossEntropy as softmaxCrossEntropyKernel } from '../kernels/softmax-cross-entropy.ts';
import { step, type Place, type KernelStep } from '../steps.ts';
import { column, count, input, output, type Lowering } from './lowering.ts';

/** Returns whether the op has a gradient output, before loss and correct. */
function isTraining(op: Op): boolean {
  return op.outputs.length === 3;
}

/** Memory in which the loss is computed. */
function workplace(
  lowering: Lowering,
  op: Op,
): { readonly place: Place; readonly steps: KernelStep[] } {
  const prediction = input(lowering, op);
  const gradient = isTraining(op) ? output(lowering, op) : prediction;
  if (gradient.name === prediction.name) return { place: prediction, steps: [] };
  const kernel = copy({ count: count(lowering.plan, op.inputs), add: false });
  return { place: gradient, steps: [step('tile', kernel, prediction, gradient)] };
}

export function softmaxCrossEntropy(lowering: Lowering, op: Op): KernelStep[] {
  const { plan, block } = lowering;
  const { place, steps } = workplace(lowering, op);
  const kernel = softmaxCrossEntropyKernel({
    classes: count(plan, op.inputs),
    training: isTraining(op),
    smoothing: op.hyper.length > 0,
  });
  return [
    ...steps,
    step('tile', kernel, place, labelsPlace(plan), column(op, 0), { lane: block.tally }),
  ];
}

export function meanSquaredError(lowering: Lowering, op: Op): KernelStep[] {
  const { plan, block } = lowering;
  const { place, steps } = workplace(lowering, op);
  const units = count(plan, op.inputs);
  const kernel = meanSquaredErrorKernel({
    units,
    training: isTraining(op),
    targets: targetsOf(plan),
  });
  return [...steps, step('tile', kernel, place, labelsPlace(plan), { lane: block.tally })];
}

function targetsOf(plan: Plan): 'classes' | 'numbers' {
  return plan.buffers.some((b) => b.role === 'label' && b.type === 'f32' && elements(b.shape) > 0)
    ? 'numbers'
    : 'classes';
}
