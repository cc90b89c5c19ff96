/**
 * Memory of a plan, by arithmetic: bytes(L) = shared + L·lane. Executors add their code and
 * subtract buffers that fusion eliminates.
 */
import type { DatasetShape } from '../../datasets/dataset-view.ts';
import { innerBuffers } from './chains.ts';
import { arenaExtents, firstFit, type Extent } from './lifetimes.ts';
import { blockSize, elements, rootOf, type Plan } from './plan.ts';

/** Bytes per sample of the arena if every buffer is stored. */
export function arenaBytes(plan: Plan): number {
  return firstFit(arenaExtents(plan)).size;
}

/**
 * Bytes per sample if every chain runs as one kernel: inner buffers are eliminated, which extends
 * the lifetimes of the buffers from which they are recomputed.
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
        // A gradient that is rewritten in place is needed to recompute the eliminated buffer;
        // buffers that only mask it are not.
        last.set(root, Math.max(last.get(root) ?? -1, until));
      }
    }
  }
  const extents = arenaExtents(plan)
    .filter((e) => !gone.has(e.id))
    .map((e): Extent => ({ ...e, last: Math.max(e.last, last.get(e.id) ?? -1) }));
  return firstFit(extents).size;
}

/**
 * Bytes on the device independent of the number of lanes: samples, labels, order, one normalised
 * batch.
 */
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
 * Bytes of one lane: weights, slots, gradient accumulators, activations, statistics (batch and
 * running), its row of hyper-parameters.
 * @param accumulators number of copies of each weight gradient that are summed in parallel
 * @param samples number of samples whose activations exist at once
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
