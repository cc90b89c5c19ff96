/** Computes lifetimes of buffers (op indices per alias group) and their offsets, by first fit. */
import { at } from '../../core/at.ts';
import { withoutPauses, type Pausable } from '../../runtime/pausable.ts';
import type { Draft } from './graph.ts';
import { elements, rootOf, type BufferSpec, type Op, type Plan } from './plan.ts';

/**
 * Sets `first` and `last` of each buffer, including all buffers that share its memory.
 * @param places corresponding training op of each evaluation op; reads in evaluation that are later
 *   than in training extend the lifetime
 */
export function setLifetimes(
  buffers: Draft<BufferSpec>[],
  train: readonly Op[],
  evaluate: readonly Op[],
  places: readonly number[],
): void {
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

/** Buffers in the arena: per sample and per lane, without aliases. */
export function arenaExtents(plan: Pick<Plan, 'buffers'>): Extent[] {
  return plan.buffers
    .filter((b) => b.perLane && b.perSample && b.aliasOf === undefined && b.first >= 0)
    .map((b) => ({
      id: b.id,
      size: elements(b.shape) * (b.type === 'u8' ? 1 : 4),
      first: b.first,
      last: b.last,
    }));
}

export interface Fit {
  readonly offsets: ReadonlyMap<number, number>;
  readonly size: number;
}

/**
 * First fit by decreasing size (ties: the earlier buffer): buffers with overlapping lifetimes do
 * not overlap in memory.
 */
export function firstFit(extents: readonly Extent[]): Fit {
  return withoutPauses(fitting(extents));
}

/** `firstFit` as a computation that can be paused. */
export function* fitting(extents: readonly Extent[]): Pausable<Fit> {
  /** Sorted by offset. */
  const placed: Placement[] = [];
  const order = [...extents].sort((a, b) => b.size - a.size || a.id - b.id);
  for (const extent of order) {
    let offset = 0;
    for (const other of placed) {
      if (other.first > extent.last || extent.first > other.last) continue;
      if (offset + extent.size <= other.offset) break;
      if (other.end > offset) offset = other.end;
    }
    const { id, first, last } = extent;
    placed.splice(placeOf(placed, offset), 0, {
      id,
      first,
      last,
      offset,
      end: offset + extent.size,
    });
    yield;
  }
  return {
    offsets: new Map(placed.map((p) => [p.id, p.offset])),
    size: placed.reduce((max, p) => Math.max(max, p.end), 0),
  };
}

interface Placement extends Pick<Extent, 'id' | 'first' | 'last'> {
  readonly offset: number;
  readonly end: number;
}

/** Index after the last placement that starts at or before an offset. */
function placeOf(placed: readonly Placement[], offset: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(placed, middle).offset <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
