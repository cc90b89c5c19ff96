/** When buffers live, and where they lie: op indices by alias group, then offsets by first fit. */
import type { Draft } from './graph.ts';
import { elements, rootOf, type BufferSpec, type Op, type Plan } from './plan.ts';

/**
 * Fills `first` and `last`: of a buffer and of everything that shares its memory.
 * @param places by evaluation op: the training op it stands for. What evaluation reads later than training does lives longer.
 */
export function setLifetimes(buffers: Draft<BufferSpec>[], train: readonly Op[], evaluate: readonly Op[], places: readonly number[]): void {
  const touch = (op: Op, at: number): void => {
    for (const id of [...op.inputs, ...op.outputs]) {
      const root = buffers[rootOf({ buffers }, id).id];
      if (root === undefined) continue;
      root.first = root.first < 0 ? at : Math.min(root.first, at);
      root.last = Math.max(root.last, at);
    }
  };
  for (const op of train) touch(op, op.id);
  for (const op of evaluate) touch(op, places[op.id] ?? op.id);
  for (const buffer of buffers) {
    const root = rootOf({ buffers }, buffer.id);
    buffer.first = root.first;
    buffer.last = root.last;
  }
}

export interface Extent {
  readonly id: number;
  /** Bytes per sample. */
  readonly size: number;
  readonly first: number;
  readonly last: number;
}

/** Buffers that the arena holds: a sample's and a lane's own, not aliases. */
export function arenaExtents(plan: Pick<Plan, 'buffers'>): Extent[] {
  return plan.buffers
    .filter((b) => b.perLane && b.perSample && b.aliasOf === undefined && b.first >= 0)
    .map((b) => ({ id: b.id, size: elements(b.shape) * (b.type === 'u8' ? 1 : 4), first: b.first, last: b.last }));
}

/** First fit by decreasing size (ties: the earlier buffer): buffers whose lives overlap do not share bytes. */
export function firstFit(extents: readonly Extent[]): { readonly offsets: ReadonlyMap<number, number>; readonly size: number } {
  const placed: (Extent & { offset: number })[] = [];
  const order = [...extents].sort((a, b) => b.size - a.size || a.id - b.id);
  for (const extent of order) {
    const others = placed.filter((p) => p.first <= extent.last && extent.first <= p.last).sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of others) {
      if (offset + extent.size <= other.offset) break;
      offset = Math.max(offset, other.offset + other.size);
    }
    placed.push({ ...extent, offset });
  }
  return { offsets: new Map(placed.map((p) => [p.id, p.offset])), size: placed.reduce((max, p) => Math.max(max, p.offset + p.size), 0) };
}
