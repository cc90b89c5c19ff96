/**
 * Context of the lowering rules: the plan, its fusions, and operands for an op's buffers.
 */
import { bufferAt, elements, rootOf, type Op, type Plan } from '../../../plan/plan.ts';
import type { Fusion } from '../fusion.ts';
import { placeOf } from '../geometry.ts';
import { laneOffset, type LaneBlock } from '../lane-block.ts';
import { NOTHING, type Operand, type Place, type KernelStep } from '../steps.ts';

export interface Lowering {
  readonly plan: Plan;
  readonly fusion: Fusion;
  readonly block: LaneBlock;
}

/** Returns an op's kernels in order. */
export type Lower = (lowering: Lowering, op: Op) => KernelStep[];

/**
 * Size in bytes from which weights do not fit the L1 cache, so that they are used for many tiles at
 * once.
 */
export const LARGE_WEIGHTS = 16384;

export function input({ plan }: Lowering, op: Op, n = 0): Place {
  return placeOf(plan, bufferAt(plan, op.inputs, n).id);
}

export function output({ plan }: Lowering, op: Op, n = 0): Place {
  return placeOf(plan, bufferAt(plan, op.outputs, n).id);
}

/** Operand of a weight, its gradient or a statistic; `NOTHING` if the op has none. */
export function inLane(
  { plan, block }: Lowering,
  ids: readonly number[],
  n: number,
  plus = 0,
): Operand {
  const offset = laneOffset(plan, block, ids, n);
  return offset === undefined ? NOTHING : { lane: offset + plus };
}

/** Operand of the op's n-th column in the lane's row of values. */
export function column(op: Op, n: number): Operand {
  const index = op.hyper[n];
  return index === undefined ? NOTHING : { row: 4 * index };
}

export function shapeOf(plan: Plan, ids: readonly number[], n = 0): readonly number[] {
  return bufferAt(plan, ids, n).shape;
}

/** Channels, rows, columns; a vector has channels of one pixel. */
export function imageOf(
  plan: Plan,
  ids: readonly number[],
  n = 0,
): readonly [number, number, number] {
  const [channels = 1, rows = 1, columns = 1] = shapeOf(plan, ids, n);
  return [channels, rows, columns];
}

export function count(plan: Plan, ids: readonly number[], n = 0): number {
  return elements(rootOf(plan, ids[n] ?? -1).shape);
}

export function adds(op: Op, n = 0): boolean {
  return op.accumulate[n] ?? false;
}
