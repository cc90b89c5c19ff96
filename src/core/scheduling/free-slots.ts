/**
 * Slots that can take another cohort, ordered by outstanding cohorts, then by name; and the totals
 * that asking samplers depends on. Call `refresh` after every change of a slot's state, session or
 * cohorts. O(log slots) each.
 */
import { Heap } from './heap.ts';
import type { SlotState } from './words.ts';

/** The fields of a slot that dispatch depends on. */
export interface FreeSlot {
  readonly name: string;
  readonly state: SlotState;
  readonly session: string | null;
  readonly lanes: number;
  readonly cohorts: { readonly length: number };
  /** Bookkeeping of `FreeSlots`; initially `NOT_FREE`. */
  readonly free: {
    bucket: number;
    queued: number;
    lanes: number;
    idleLanes: number;
    usable: boolean;
  };
}

export const NOT_FREE = { bucket: -1, queued: 0, lanes: 0, idleLanes: 0, usable: false };

export class FreeSlots<Slot extends FreeSlot> {
  readonly #credits: number;
  /**
   * Slots by number of outstanding cohorts. An entry whose `free.bucket` differs is outdated and
   * skipped.
   */
  readonly #buckets: readonly Heap<Slot>[];
  readonly #counts: number[];
  /** Number of lanes that could be given trials now. */
  lanes = 0;
  /** The part of `lanes` on slots without outstanding cohorts. */
  idleLanes = 0;
  /** Number of slots that may be given cohorts, free or not. */
  usable = 0;

  constructor(credits: number) {
    this.#credits = credits;
    this.#buckets = Array.from(
      { length: credits },
      () => new Heap<Slot>((a, b) => a.name < b.name),
    );
    this.#counts = this.#buckets.map(() => 0);
  }

  /** Number of cohorts that the slot may have outstanding in its current state. */
  capacity(slot: Slot): number {
    if (slot.session === null) return 0;
    return slot.state === 'ready' ? this.#credits : slot.state === 'probation' ? 1 : 0;
  }

  refresh(slot: Slot): void {
    const { free } = slot;
    const capacity = this.capacity(slot);
    const outstanding = slot.cohorts.length;
    const lanes = Math.max(0, capacity - outstanding) * lanesOf(slot);
    this.lanes += lanes - free.lanes;
    free.lanes = lanes;
    const idleLanes = outstanding === 0 && capacity > 0 ? lanesOf(slot) : 0;
    this.idleLanes += idleLanes - free.idleLanes;
    free.idleLanes = idleLanes;
    this.usable += Number(capacity > 0) - Number(free.usable);
    free.usable = capacity > 0;
    const bucket = outstanding < capacity ? outstanding : -1;
    if (bucket !== free.bucket) {
      this.#count(free.bucket, -1);
      this.#count(bucket, 1);
      free.bucket = bucket;
    }
    this.putBack(slot);
  }

  /** Removes and returns the next slot; `refresh` or `putBack` returns it. Null: none is free. */
  take(): Slot | null {
    for (const [bucket, heap] of this.#buckets.entries()) {
      for (let slot = heap.pop(); slot !== undefined; slot = heap.pop()) {
        slot.free.queued &= ~(1 << bucket);
        if (slot.free.bucket === bucket) return slot;
      }
    }
    return null;
  }

  putBack(slot: Slot): void {
    const { bucket, queued } = slot.free;
    if (bucket < 0 || (queued & (1 << bucket)) !== 0) return;
    slot.free.queued |= 1 << bucket;
    this.#buckets[bucket]?.push(slot);
  }

  /** Number of slots with the same number of outstanding cohorts. */
  peers(slot: Slot): number {
    return this.#counts[slot.free.bucket] ?? 0;
  }

  #count(bucket: number, by: number): void {
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + by;
  }
}

/** Greatest number of trials that the slot may train in one cohort. */
export function lanesOf(slot: FreeSlot): number {
  return slot.state === 'probation' ? 1 : slot.lanes;
}
