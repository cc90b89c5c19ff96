/**
 * Sessions ordered by the time of their last message, oldest first. All leases have one length and
 * time does not decrease, so renewing a lease moves it to the end: O(1) for each message. Times are
 * of the lease clock, which stands still while this process is stalled.
 */

export interface Leased<Slot> {
  /** Bookkeeping of `LeaseList`. */
  readonly lease: { heardAt: number; older: Slot | null; newer: Slot | null };
}

export class LeaseList<Slot extends Leased<Slot>> {
  #oldest: Slot | null = null;
  #newest: Slot | null = null;

  get oldest(): Slot | null {
    return this.#oldest;
  }

  /** Adds the slot, or renews its lease. */
  renew(slot: Slot, at: number): void {
    if (this.#newest !== slot) {
      this.remove(slot);
      slot.lease.older = this.#newest;
      if (this.#newest === null) this.#oldest = slot;
      else this.#newest.lease.newer = slot;
      this.#newest = slot;
    }
    slot.lease.heardAt = at;
  }

  /** Has no effect if the slot is not in the list. */
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
