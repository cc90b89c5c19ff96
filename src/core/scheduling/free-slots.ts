/**
 * Slots that may be given another cohort, by how many they have outstanding, then by name; and the
 * sums that asking goes by. Every change of a slot's state, session or cohorts is followed by
 * `refresh`. O(log slots) each.
 */
import { Heap } from './heap.ts';
import type { SlotState } from './words.ts';

/** What dispatch goes by of a slot. */
export interface FreeSlot {
  readonly name: string;
  readonly state: SlotState;
  readonly session: string | null;
  readonly lanes: number;
  readonly cohorts: { readonly length: number };
  /** `FreeSlots`' own notes: begin with `NOT_FREE`. */
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
  /** By cohorts outstanding; a slot whose `free.bucket` differs is a leftover. */
  readonly #buckets: readonly Heap<Slot>[];
  readonly #counts: number[];
  /** Lanes that could be given trials now. */
  lanes = 0;
  /** Of them, those of slots that have nothing to do. */
  idleLanes = 0;
  /** Slots that are given cohorts at all, free or not. */
  usable = 0;

  constructor(credits: number) {
    this.#credits = credits;
    this.#buckets = Array.from(
      { length: credits },
      () => new Heap<Slot>((a, b) => a.name < b.name),
    );
    this.#counts = this.#buckets.map(() => 0);
  }

  /** Cohorts the slot may have outstanding, as it is. */
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

  /**
   * The slot next in turn, taken out; `refresh` or `putBack` brings it back. Null: none is free.
   */
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

  /** How many slots stand where this one does. */
  peers(slot: Slot): number {
    return this.#counts[slot.free.bucket] ?? 0;
  }

  #count(bucket: number, by: number): void {
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + by;
  }
}

/** Trials the slot may train in one cohort. */
export function lanesOf(slot: FreeSlot): number {
  return slot.state === 'probation' ? 1 : slot.lanes;
}
