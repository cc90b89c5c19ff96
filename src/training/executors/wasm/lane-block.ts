/**
 * Layout of a lane's block of memory, in bytes: weights, slots, gradients, statistics, tallies.
 */
import { blockSize, bufferAt, elements, type Plan } from '../../plan/plan.ts';

export interface LaneBlock {
  /** Offset of the first slot; the weights start at 0. */
  readonly slot: number;
  readonly gradient: number;
  readonly statistics: number;
  /** Σloss (float32), then correct predictions (int32). */
  readonly tally: number;
  readonly bytes: number;
  /**
   * Offset of each weight from the start of a block of weights, and of each statistic from
   * `statistics`.
   */
  readonly offsets: ReadonlyMap<string, number>;
}

export function laneBlock(plan: Pick<Plan, 'weights' | 'slots' | 'statistics'>): LaneBlock {
  const weights = blockSize(plan) * 4;
  const gradient = weights * (1 + plan.slots.length);
  const statistics = gradient + weights;
  const last = plan.statistics.at(-1);
  const tally =
    statistics +
    (last === undefined ? 0 : (last.offset + Math.ceil(elements(last.shape) / 4) * 4) * 4);
  // Kernels load whole vectors of four taps, so the last load may extend past the last weight.
  const bytes = Math.ceil((tally + 32) / 64) * 64;
  const offsets = new Map(
    [...plan.weights, ...plan.statistics].map(({ name, offset }) => [name, offset * 4]),
  );
  return { slot: weights, gradient, statistics, tally, bytes, offsets };
}

/**
 * Byte offset in the lane's block of an op's n-th buffer (a weight, its gradient or a statistic);
 * undefined if the op has none.
 */
export function laneOffset(
  plan: Plan,
  block: LaneBlock,
  ids: readonly number[],
  n: number,
): number | undefined {
  if (ids[n] === undefined) return undefined;
  const { name, role } = bufferAt(plan, ids, n);
  if (role === 'statistic') return block.statistics + offsetOf(block, name);
  const weight = role === 'weight-gradient' ? name.slice(0, -1) : name;
  return offsetOf(block, weight) + (role === 'weight-gradient' ? block.gradient : 0);
}

function offsetOf({ offsets }: LaneBlock, name: string): number {
  const offset = offsets.get(name);
  if (offset === undefined) throw new RangeError(`the plan has no ${name}`);
  return offset;
}
