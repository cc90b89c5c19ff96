/**
 * When workers had nothing to do, and why: looked at after each step, kept as stretches with one
 * reason each. A reason is taken as it was last; what it counts (trials that still run, …) changes
 * within a stretch. In memory only, the latest `most`.
 */
import { idleReason } from './idle.ts';
import type { Idle } from './idle.ts';
import type { LabState } from './state.ts';
import type { SlotName } from './words.ts';

/** A slot's time without work for one reason; milliseconds of the coordinator's clock. */
export interface Gap {
  readonly slot: SlotName;
  readonly from: number;
  readonly to: number;
  readonly idle: Idle;
}

/** A slot without work now. */
export interface IdleNow {
  /** Since when it has had no work, whatever the reasons. */
  readonly since: number;
  /** Since when for this reason. */
  readonly reasonSince: number;
  readonly idle: Idle;
}

export class IdleWatch {
  readonly #most: number;
  readonly #shortest: number;
  readonly #now = new Map<SlotName, IdleNow>();
  readonly #gaps: Gap[] = [];
  #ended = 0;

  /**
   * @param most how many past gaps are kept
   * @param shortest gaps under so many milliseconds are not
   */
  constructor(most = 2_000, shortest = 1_000) {
    this.#most = most;
    this.#shortest = shortest;
  }

  /**
   * To be called after a step. O(slots · (studies + open trials)) where all are idle, O(slots)
   * where all work.
   */
  look(lab: LabState): void {
    for (const slot of lab.slots.keys()) {
      const idle = idleReason(lab, slot);
      const before = this.#now.get(slot);
      const goesOn = before !== undefined && idle !== null && idle.reason === before.idle.reason;
      if (before !== undefined && !goesOn) this.#end(slot, before, lab.now);
      if (idle === null) this.#now.delete(slot);
      else
        this.#now.set(slot, {
          since: before?.since ?? lab.now,
          reasonSince: goesOn ? before.reasonSince : lab.now,
          idle,
        });
    }
  }

  /** Slots without work now. */
  get now(): ReadonlyMap<SlotName, IdleNow> {
    return this.#now;
  }

  /** Past ones, in the order they ended. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  /** How many have ended, with those that are not kept any more. */
  get ended(): number {
    return this.#ended;
  }

  #end(slot: SlotName, { reasonSince: from, idle }: IdleNow, to: number): void {
    if (to - from < this.#shortest) return;
    this.#gaps.push({ slot, from, to, idle });
    this.#ended += 1;
    if (this.#gaps.length > this.#most) this.#gaps.shift();
  }
}
