/**
 * Sessions by when they were last heard, longest ago first. All leases have one length and time
 * does not fall, so renewing is moving to the end: O(1) a message. Times here are of the lease
 * clock, which stands still while we were stalled.
 */

export interface Leased<Slot> {
  /** `LeaseList`'s own notes. */
  readonly lease: { heardAt: number; older: Slot | null; newer: Slot | null };
}

export class LeaseList<Slot extends Leased<Slot>> {
  #oldest: Slot | null = null;
  #newest: Slot | null = null;

  get oldest(): Slot | null {
    return this.#oldest;
  }

  /** Adds the slot, or renews its lease. */
  heard(slot: Slot, at: number): void {
    if (this.#newest !== slot) {
      this.remove(slot);
      slot.lease.older = this.#newest;
      if (this.#newest === null) this.#oldest = slot;
      else this.#newest.lease.newer = slot;
      this.#newest = slot;
    }
    slot.lease.heardAt = at;
  }

  /** Without effect where it is not in the list. */
  remove(slot: Slot): void {
    const { older, newer } = slot.lease;
    if (older === null && newer === null && this.#oldest !== slot) return;
    if (older === null) this.#oldest = newer;
    else older.lease.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.lease.older = older;
    slot.lease.older = null;
    slot.lease.newer = null;
  }
}
