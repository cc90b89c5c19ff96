/**
 * Allots the energy that a device drew during a cohort to its trials: equal shares of each interval
 * among the trials that were training in it. Reads no power itself.
 */
import { parseSlot, isOnThisNode } from '../core/device.ts';
import { findLive } from '../core/scheduling/index.ts';
import type { Cohort, Event, LabState } from '../core/scheduling/index.ts';

/**
 * Joules that a device of this machine drew between two times, in milliseconds since 1970; null:
 * unknown.
 */
export type EnergyBetween = (device: string, from: number, to: number) => number | null;

type Result = Extract<Event, { type: 'result' }>;

/** Share of a trial that trains from the cohort's start on. */
interface Share {
  /** Start of the cohort, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds from the start up to which `joules` is known. */
  ms: number;
  /** Null: power was unknown. */
  joules: number | null;
}

/** Name of the metric. */
const METRIC = 'energy';

export class CohortEnergy {
  readonly #lab: LabState;
  readonly #between: EnergyBetween;
  readonly #shares = new WeakMap<Cohort, Share>();

  constructor(lab: LabState, between: EnergyBetween) {
    this.#lab = lab;
    this.#between = between;
  }

  /**
   * Adds the energy in joules to the metrics of a result. Returns the same event where it is
   * unknown, or the result has a metric of this name. Must be called before the event is stepped,
   * because the step releases the attempt from its cohort.
   * @param now milliseconds since 1970
   */
  charge(event: Result, now: number): Result {
    const { slot, attempt, result } = event;
    if (!isOnThisNode(slot)) return event;
    const live = findLive(this.#lab, attempt);
    const cohort = live !== null && live.slot === slot ? live.cohort : null;
    if (cohort === null || Object.hasOwn(result.metrics ?? {}, METRIC)) return event;
    const joules = this.#advance(cohort, parseSlot(slot).device, result.ms, now);
    if (joules === null) return event;
    return { ...event, result: { ...result, metrics: { ...result.metrics, [METRIC]: joules } } };
  }

  /** Adds the interval since the last end among the cohort's trials to every share. */
  #advance(cohort: Cohort, device: string, ms: number, now: number): number | null {
    const share = this.#shares.get(cohort) ?? { startedAt: now - ms, ms: 0, joules: 0 };
    this.#shares.set(cohort, share);
    if (ms > share.ms) {
      const drawn = this.#between(device, share.startedAt + share.ms, share.startedAt + ms);
      share.joules =
        share.joules === null || drawn === null
          ? null
          : share.joules + drawn / Math.max(1, cohort.unsettled);
      share.ms = ms;
    }
    return share.joules;
  }
}
