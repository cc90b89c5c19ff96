/**
 * Lowers pools with separate kernels. `conv.ts` handles a max pool that is fused with its
 * convolution.
 */
import { pairOf, type Op } from '../../../plan/plan.ts';
import {
  averagePool as averagePoolKernel,
  averagePoolGradient as averagePoolGradientKernel,
  globalAveragePool as globalAveragePoolKernel,
  globalAveragePoolGradient as globalAveragePoolGradientKernel,
  maxPool as maxPoolKernel,
  maxPoolGradient as maxPoolGradientKernel,
} from '../kernels/pools.ts';
import { step, type KernelStep } from '../steps.ts';
import { adds, count, imageOf, input, output, type Lowering } from './lowering.ts';

/** @param image, pooled ids of the buffers that determine the shapes */
function windows(
  { plan }: Lowering,
  op: Op,
  image: readonly number[],
  pooled: readonly number[],
): Parameters<typeof averagePoolKernel>[0] {
  const [channels, rows, columns] = imageOf(plan, image);
  const [, outputRows, outputColumns] = imageOf(plan, pooled);
  const [size, stride, padding] = [pairOf(op, 'size'), pairOf(op, 'stride'), pairOf(op, 'padding')];
  return { channels, rows, columns, outputRows, outputColumns, size, stride, padding };
}

export function maxPool(lowering: Lowering, op: Op): KernelStep[] {
  const kernel = maxPoolKernel(windows(lowering, op, op.inputs, op.outputs));
  return [step('tile', kernel, input(lowering, op), output(lowering, op), output(lowering, op, 1))];
}

export function maxPoolGradient(lowering: Lowering, op: Op): KernelStep[] {
  if (lowering.fusion.pooled.has(op.layer)) return [];
  const kernel = maxPoolGradientKernel({
    ...windows(lowering, op, op.outputs, op.inputs),
    add: adds(op),
  });
  return [step('tile', kernel, input(lowering, op), input(lowering, op, 1), output(lowering, op))];
}

export function averagePool(lowering: Lowering, op: Op): KernelStep[] {
  const kernel = averagePoolKernel(windows(lowering, op, op.inputs, op.outputs));
  return [step('tile', kernel, input(lowering, op), output(lowering, op))];
}

export function averagePoolGradient(lowering: Lowering, op: Op): KernelStep[] {
  const kernel = averagePoolGradientKernel({
    ...windows(lowering, op, op.outputs, op.inputs),
    add: adds(op),
  });
  return [step('tile', kernel, input(lowering, op), output(lowering, op))];
}

export function globalAveragePool(lowering: Lowering, op: Op): KernelStep[] {
  const channels = count(lowering.plan, op.outputs);
  const kernel = globalAveragePoolKernel({
    channels,
    plane: count(lowering.plan, op.inputs) / channels,
  });
  return [step('tile', kernel, input(lowering, op), output(lowering, op))];
}

export function globalAveragePoolGradient(lowering: Lowering, op: Op): KernelStep[] {
  const channels = count(lowering.plan, op.inputs);
  const kernel = globalAveragePoolGradientKernel({
    channels,
    plane: count(lowering.plan, op.outputs) / channels,
    add: adds(op),
  });
  return [step('tile', kernel, input(lowering, op), output(lowering, op))];
}
