/**
 * Records when workers were idle and why: observed after each step and kept as gaps with one reason
 * each. A gap keeps the latest form of its reason; counts within the reason (trials still running,
 * …) change during a gap. In memory only, the latest `most` gaps.
 */
import { IdleLists } from './idle-lists.ts';
import { idleReason } from './idle.ts';
import type { Idle } from './idle.ts';
import type { LabState } from './state.ts';
import type { SlotName } from './words.ts';

/** A period in which a slot was idle for one reason, in milliseconds of the coordinator's clock. */
export interface Gap {
  readonly slot: SlotName;
  readonly from: number;
  readonly to: number;
  readonly idle: Idle;
}

/** A slot that is idle now. */
export interface IdleNow {
  /** Time since which it has been idle, whatever the reasons. */
  readonly since: number;
  /** Time since which it has been idle for this reason. */
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
   * @param most greatest number of past gaps kept
   * @param shortest gaps shorter than this many milliseconds are dropped
   */
  constructor(most = 2_000, shortest = 1_000) {
    this.#most = most;
    this.#shortest = shortest;
  }

  /**
   * Call after each step. O(slots · studies + open trials) if all are idle, O(slots) if all are
   * busy.
   */
  look(lab: LabState): void {
    const lists = new IdleLists();
    for (const slot of lab.slots.keys()) {
      const idle = idleReason(lab, slot, lists);
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

  /** Slots that are idle now. */
  get now(): ReadonlyMap<SlotName, IdleNow> {
    return this.#now;
  }

  /** Past gaps in order of their ends. */
  get gaps(): readonly Gap[] {
    return this.#gaps;
  }

  /** Number of gaps that have ended, including those no longer kept. */
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
