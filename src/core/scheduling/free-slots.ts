/**
 * Slots that can take another cohort, ordered by outstanding cohorts, then by name, and grouped by
 * device, for what asking and dispatch decide per device. Call `refresh` after every change of a
 * slot's state, session, lanes or cohorts. O(log slots) each.
 */
import { deviceKind, deviceOfSlot, parseSlot } from '../device.ts';
import type { DeviceKind } from '../device.ts';
import { Heap } from './heap.ts';
import type { SlotState } from './words.ts';

/** The fields of a slot that dispatch depends on. */
export interface FreeSlot {
  readonly name: string;
  readonly state: SlotState;
  readonly session: string | null;
  readonly lanes: number;
  readonly cohorts: { readonly length: number };
  /** Bookkeeping of `FreeSlots`; initially `notFree()`. */
  readonly free: FreeEntry<this>;
}

/** Bookkeeping of `FreeSlots` for one slot. */
export interface FreeEntry<Slot> {
  /** Number of its outstanding cohorts; −1: it can take no other. */
  bucket: number;
  /** Buckets whose heap holds an entry of the slot, a bit each. */
  queued: number;
  /** Null: it may not be given cohorts. */
  group: SlotGroup<Slot> | null;
}

export function notFree<Slot>(): FreeEntry<Slot> {
  return { bucket: -1, queued: 0, group: null };
}

/** The usable slots of one device that have equally many lanes and credits. */
export interface SlotGroup<Slot> {
  /** `<node>/<device>`, as `deviceOfSlot` names it. */
  readonly device: string;
  readonly kind: DeviceKind;
  /** Greatest number of trials that one of its slots may train in a cohort. */
  readonly lanes: number;
  /** Number of cohorts that one of its slots may have outstanding. */
  readonly capacity: number;
  /** Those that may be given cohorts, free or not. */
  readonly slots: Set<Slot>;
  /** Number of slots by number of outstanding cohorts, of those that can take another. */
  readonly counts: number[];
}

export class FreeSlots<Slot extends FreeSlot> {
  readonly #credits: number;
  /**
   * Slots by number of outstanding cohorts. An entry whose `free.bucket` differs is outdated and
   * skipped.
   */
  readonly #buckets: readonly Heap<Slot>[];
  readonly #groups = new Map<string, SlotGroup<Slot>>();
  /** Number of slots that may be given cohorts, free or not. */
  usable = 0;

  constructor(credits: number) {
    this.#credits = credits;
    this.#buckets = Array.from(
      { length: credits },
      () => new Heap<Slot>((a, b) => a.name < b.name),
    );
  }

  /** The usable slots, grouped; no group is empty. */
  get groups(): Iterable<SlotGroup<Slot>> {
    return this.#groups.values();
  }

  /** Number of cohorts that the slot may have outstanding in its current state. */
  capacity(slot: Slot): number {
    if (slot.session === null) return 0;
    return slot.state === 'ready' ? this.#credits : slot.state === 'probation' ? 1 : 0;
  }

  refresh(slot: Slot): void {
    const { free } = slot;
    const capacity = this.capacity(slot);
    count(free.group, free.bucket, -1);
    if (free.group?.capacity !== capacity || free.group.lanes !== lanesOf(slot))
      this.#regroup(slot, capacity);
    const outstanding = slot.cohorts.length;
    free.bucket = outstanding < capacity ? outstanding : -1;
    count(free.group, free.bucket, 1);
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

  #regroup(slot: Slot, capacity: number): void {
    const old = slot.free.group;
    if (old !== null) {
      this.usable -= 1;
      old.slots.delete(slot);
      if (old.slots.size === 0) this.#groups.delete(nameOf(old));
    }
    slot.free.group = null;
    if (capacity === 0) return;
    const about = { device: deviceOfSlot(slot.name), lanes: lanesOf(slot), capacity };
    const name = nameOf(about);
    let group = this.#groups.get(name);
    if (group === undefined) {
      const kind = deviceKind(parseSlot(slot.name).device);
      group = { ...about, kind, slots: new Set(), counts: this.#buckets.map(() => 0) };
      this.#groups.set(name, group);
    }
    group.slots.add(slot);
    slot.free.group = group;
    this.usable += 1;
  }
}

function count(group: Pick<SlotGroup<unknown>, 'counts'> | null, bucket: number, by: number): void {
  if (group !== null && bucket >= 0) group.counts[bucket] = (group.counts[bucket] ?? 0) + by;
}

/** Greatest number of trials that the slot may train in one cohort. */
export function lanesOf(slot: FreeSlot): number {
  return slot.state === 'probation' ? 1 : slot.lanes;
}

function nameOf({
  device,
  lanes,
  capacity,
}: Pick<SlotGroup<unknown>, 'device' | 'lanes' | 'capacity'>): string {
  return `${device}#${lanes}#${capacity}`;
}
