/** Where things are in a lane's block of memory: weights, slots, gradients, tallies; in bytes. */
import { blockSize, bufferAt, type Op, type Plan, type WeightSpec } from '../../plan/plan.ts';

export interface LaneBlock {
  /** First slot; the weights are at 0. */
  readonly slot: number;
  readonly gradient: number;
  /** Σloss, float32. */
  readonly lossSum: number;
  /** Correct predictions, int32. */
  readonly hits: number;
  readonly bytes: number;
}

export function laneBlock(plan: Pick<Plan, 'weights' | 'slots'>): LaneBlock {
  const weights = blockSize(plan) * 4;
  const gradient = weights * (1 + plan.slots.length);
  const lossSum = gradient + weights;
  // Kernels load whole vectors of four taps; the last may reach past the last weight.
  return { slot: weights, gradient, lossSum, hits: lossSum + 4, bytes: Math.ceil((lossSum + 32) / 64) * 64 };
}

/** Byte offset of the n-th of an op's buffers, a weight or a weight's gradient; undefined if the op has none. */
export function weightOffset(plan: Plan, ids: readonly number[], n: number): number | undefined {
  if (ids[n] === undefined) return undefined;
  const { name, role } = bufferAt(plan, ids, n);
  const weight = weightNamed(plan, role === 'weight-gradient' ? name.slice(0, -1) : name);
  return weight.offset * 4 + (role === 'weight-gradient' ? laneBlock(plan).gradient : 0);
}

function weightNamed(plan: Plan, name: string): WeightSpec {
  const weight = plan.weights.find((w) => w.name === name);
  if (weight === undefined) throw new RangeError(`the plan has no weight ${name}`);
  return weight;
}

/** As `weightOffset`, of what must be there. */
export function requiredOffset(plan: Plan, op: Op, ids: readonly number[], n: number): number {
  const offset = weightOffset(plan, ids, n);
  if (offset === undefined) throw new RangeError(`${op.layer} ${op.kind}: a weight is missing`);
  return offset;
}
