/**
 * Slots that can take another cohort, ordered by outstanding cohorts, rank, then name, and grouped
 * by device, for what asking and dispatch decide per device. Call `refresh` after every change of a
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
  /** True if its node or its owner keeps it from work. */
  readonly withheld: boolean;
  /** Number of cohorts that it may have outstanding when it is ready. */
  readonly credits: number;
  /** Model of its device; empty: unknown. */
  readonly model: string;
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
  /** Rank with which it was last queued. */
  rank: number;
}

export function notFree<Slot>(): FreeEntry<Slot> {
  return { bucket: -1, queued: 0, group: null, rank: 0 };
}

/** The usable slots of one device that have equally many lanes and credits. */
export interface SlotGroup<Slot> {
  /** `<node>/<device>`, as `deviceOfSlot` names it. */
  readonly device: string;
  readonly node: string;
  readonly kind: DeviceKind;
  /** Model of the device; empty: unknown. */
  readonly model: string;
  /** Greatest number of trials that one of its slots may train in a cohort. */
  readonly lanes: number;
  /** Number of cohorts that one of its slots may have outstanding. */
  readonly capacity: number;
  /** Those that may be given cohorts, free or not. */
  readonly slots: Set<Slot>;
  /** Number of slots by number of outstanding cohorts, of those that can take another. */
  readonly counts: number[];
}

/** An entry of a bucket; the rank is that of the time it was queued. */
interface Queued<Slot> {
  readonly slot: Slot;
  readonly rank: number;
}

export class FreeSlots<Slot extends FreeSlot> {
  readonly #rankOf: (slot: Slot) => number;
  /**
   * Slots by number of outstanding cohorts. An entry whose `free.bucket` differs is outdated and
   * skipped.
   */
  readonly #buckets: readonly Heap<Queued<Slot>>[];
  readonly #groups = new Map<string, SlotGroup<Slot>>();
  readonly #ofNode = new Map<string, Set<SlotGroup<Slot>>>();
  readonly #idle = new Set<SlotGroup<Slot>>();
  readonly #open = new Set<SlotGroup<Slot>>();
  /** Number of slots that may be given cohorts, free or not. */
  usable = 0;
  /** Number of changes so far. */
  changes = 0;

  /**
   * @param credits greatest number of cohorts that any slot may have outstanding
   * @param rankOf order of slots with equally many outstanding cohorts, lowest first; then by name
   */
  constructor(credits: number, rankOf: (slot: Slot) => number = () => 0) {
    this.#rankOf = rankOf;
    const before = (a: Queued<Slot>, b: Queued<Slot>): boolean =>
      a.rank !== b.rank ? a.rank < b.rank : a.slot.name < b.slot.name;
    this.#buckets = Array.from({ length: credits }, () => new Heap(before));
  }

  /** The usable slots, grouped; no group is empty. */
  get groups(): Iterable<SlotGroup<Slot>> {
    return this.#groups.values();
  }

  /** Groups with a slot that has no cohort outstanding. */
  get idle(): ReadonlySet<SlotGroup<Slot>> {
    return this.#idle;
  }

  /** Groups with a slot that can take another cohort. */
  get open(): ReadonlySet<SlotGroup<Slot>> {
    return this.#open;
  }

  /** Groups of one node. */
  ofNode(node: string): Iterable<SlotGroup<Slot>> {
    return this.#ofNode.get(node) ?? [];
  }

  /** Number of cohorts that the slot may have outstanding in its current state. */
  capacity(slot: Slot): number {
    if (slot.session === null || slot.withheld) return 0;
    return slot.state === 'ready' ? slot.credits : slot.state === 'probation' ? 1 : 0;
  }

  refresh(slot: Slot): void {
    const { free } = slot;
    this.changes += 1;
    const capacity = this.capacity(slot);
    this.#count(free.group, free.bucket, -1);
    const { group } = free;
    if (
      (group?.capacity ?? 0) !== capacity ||
      (group !== null && (group.lanes !== lanesOf(slot) || group.model !== slot.model))
    )
      this.#regroup(slot, capacity);
    const outstanding = slot.cohorts.length;
    free.bucket = outstanding < capacity ? outstanding : -1;
    this.#count(free.group, free.bucket, 1);
    this.putBack(slot);
  }

  /**
   * Removes and returns the next slot; `refresh` or `putBack` returns it. Null: none is free.
   * @param idleOnly whether slots with outstanding cohorts are left out
   */
  take(idleOnly = false): Slot | null {
    for (const [bucket, heap] of this.#buckets.entries()) {
      if (idleOnly && bucket > 0) return null;
      for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
        const { slot } = entry;
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
    this.#buckets[bucket]?.push({ slot, rank: this.#rankOf(slot) });
  }

  #regroup(slot: Slot, capacity: number): void {
    const old = slot.free.group;
    if (old !== null) {
      this.usable -= 1;
      old.slots.delete(slot);
      if (old.slots.size === 0) this.#drop(old);
    }
    slot.free.group = null;
    if (capacity === 0) return;
    const { model } = slot;
    const about = { device: deviceOfSlot(slot.name), lanes: lanesOf(slot), capacity, model };
    const name = nameOf(about);
    let group = this.#groups.get(name);
    if (group === undefined) {
      const { node, device } = parseSlot(slot.name);
      const kind = deviceKind(device);
      group = { ...about, node, kind, slots: new Set(), counts: this.#buckets.map(() => 0) };
      this.#groups.set(name, group);
      const siblings = this.#ofNode.get(node);
      if (siblings === undefined) this.#ofNode.set(node, new Set([group]));
      else siblings.add(group);
    }
    group.slots.add(slot);
    slot.free.group = group;
    this.usable += 1;
  }

  #drop(group: SlotGroup<Slot>): void {
    this.#groups.delete(nameOf(group));
    this.#idle.delete(group);
    this.#open.delete(group);
    const siblings = this.#ofNode.get(group.node);
    siblings?.delete(group);
    if (siblings?.size === 0) this.#ofNode.delete(group.node);
  }

  #count(group: SlotGroup<Slot> | null, bucket: number, by: number): void {
    if (group === null || bucket < 0) return;
    const { counts } = group;
    const count = (counts[bucket] ?? 0) + by;
    counts[bucket] = count;
    if (bucket === 0) keep(this.#idle, group, count > 0);
    keep(this.#open, group, count > 0 || counts.some((n) => n > 0));
  }
}

function keep<T>(set: Set<T>, item: T, belongs: boolean): void {
  if (belongs) set.add(item);
  else set.delete(item);
}

/** Greatest number of trials that the slot may train in one cohort. */
export function lanesOf(slot: FreeSlot): number {
  return slot.state === 'probation' ? 1 : slot.lanes;
}

function nameOf({
  device,
  lanes,
  capacity,
  model,
}: Pick<SlotGroup<unknown>, 'device' | 'lanes' | 'capacity' | 'model'>): string {
  return `${device}#${lanes}#${capacity}#${model}`;
}
