/**
 * A plan's memory, by arithmetic: bytes(L) = shared + L·lane. Executors add their own code and
 * subtract what they fuse away.
 */
import type { DatasetShape } from '../../datasets/dataset-view.ts';
import { innerBuffers } from './chains.ts';
import { arenaExtents, firstFit, type Extent } from './lifetimes.ts';
import { blockSize, elements, rootOf, type Plan } from './plan.ts';

/** Bytes per sample of the arena with every buffer materialised. */
export function arenaBytes(plan: Plan): number {
  return firstFit(arenaExtents(plan)).size;
}

/**
 * Bytes per sample if every chain runs as one kernel: inner buffers are gone, and what they were
 * made from lives longer.
 */
export function fusedArenaBytes(plan: Plan): number {
  const gone = new Set<number>();
  const last = new Map<number, number>();
  for (const chain of plan.chains) {
    const inner = innerBuffers(plan, chain);
    for (const id of inner) gone.add(id);
    for (const at of chain) {
      const op = plan.train[at];
      const lost = op?.outputs.map((id) => rootOf(plan, id)).filter((b) => inner.has(b.id)) ?? [];
      const until = Math.max(-1, ...lost.map((b) => b.last));
      for (const id of op?.inputs ?? []) {
        const root = rootOf(plan, id).id;
        // A gradient rewritten in place is what the lost buffer is made from; what only masked it
        // is not.
        last.set(root, Math.max(last.get(root) ?? -1, until));
      }
    }
  }
  const extents = arenaExtents(plan)
    .filter((e) => !gone.has(e.id))
    .map((e): Extent => ({ ...e, last: Math.max(e.last, last.get(e.id) ?? -1) }));
  return firstFit(extents).size;
}

/** Data on the device once, whatever the lanes: samples, labels, order, one normalised batch. */
export function sharedBytes(plan: Plan, dataset: DatasetShape, batch = plan.batch): number {
  const x = elements(dataset.shape);
  const label = dataset.classes === 0 ? 4 * (dataset.targets ?? 1) : dataset.classes > 256 ? 2 : 1;
  return (
    dataset.samples * (x * (dataset.sampleType === 'u8' ? 1 : 4) + label) +
    4 * dataset.samples +
    4 * batch * x
  );
}

/**
 * One lane: weights, slots, gradient accumulators, activations, statistics (of batches and
 * running), its row of hyper-parameters.
 * @param accumulators copies of each weight gradient that are summed side by side
 * @param samples how many samples' activations exist at once
 * @param arena bytes per sample
 */
export function laneBytes(
  plan: Plan,
  accumulators: number,
  samples: number,
  arena: number,
): number {
  const block = 4 * blockSize(plan);
  const whole = plan.buffers.filter(
    (b) => b.perLane && !b.perSample && (b.role === 'statistic' || b.role === 'saved'),
  );
  const statistics = whole.reduce((sum, b) => sum + 16 * Math.ceil(elements(b.shape) / 4), 0);
  return (
    block * (1 + plan.slots.length) +
    accumulators * block +
    statistics +
    samples * arena +
    4 * plan.hyper.length +
    64
  );
}
