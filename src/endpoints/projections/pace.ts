/**
 * A study's rate and its time left, from the durations of its trials. The estimate is computed
 * elsewhere (`EstimateTimeLeft`), at most once a second, because it blocks a thread for tens of
 * milliseconds; this file keeps the last answer.
 */
import type { Duration } from '../../core/analysis/duration-model.ts';
import { trialsPerMinute } from '../../core/analysis/rate.ts';
import { timeLeftAtOnce } from '../../core/analysis/time-left.ts';
import type { TimeLeft, Workload } from '../../core/analysis/time-left.ts';
import { deviceOfSlot } from '../../core/device.ts';
import type { LabState, Study } from '../../core/scheduling/index.ts';
import { activeMs } from '../../core/scheduling/studies.ts';
import { workloadOf } from '../../core/scheduling/workload.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import { Changes } from '../feeds/changes.ts';

/** Computes `timeLeft` on another thread. Rejects when that thread ends. */
export type EstimateTimeLeft = (work: Workload) => Promise<TimeLeft>;

/** Durations and ends that are kept; older ones no longer describe the study. */
const MOST = 512;
const STEADY_MS = 1_000;

type Left = StudyHead['timeLeft'];

/** An estimate, and the conditions it was computed under. */
interface Estimate {
  readonly limits: Study['limits'];
  readonly limit: number;
  /** Time of its workload, on the coordinator's clock. */
  readonly at: number;
  /** Null while it is being computed, or when that failed. */
  left: TimeLeft | null;
  inFlight: boolean;
}

export class Pace {
  /** An estimate has arrived. */
  readonly estimated = new Changes();
  readonly #estimateTimeLeft: EstimateTimeLeft;
  /** Of ended trials, oldest first. */
  readonly #durations: Duration[] = [];
  /** Times at which trials ended, in milliseconds of running time. */
  readonly #ends: number[] = [];
  /** The last estimate that was requested. */
  #requested: Estimate | null = null;
  /** The last estimate that was answered. */
  #answered: Estimate | null = null;
  #rate: {
    readonly perMinute: number | null;
    readonly state: Study['state'];
    readonly at: number;
  } | null = null;

  constructor(estimateTimeLeft: EstimateTimeLeft) {
    this.#estimateTimeLeft = estimateTimeLeft;
  }

  /**
   * Trials that ended before, oldest first: how long each took and on which slot. They do not count
   * for the rate.
   */
  remember(durations: Iterable<{ readonly slot: string; readonly ms: number }>): void {
    for (const { slot, ms } of durations)
      if (Number.isFinite(ms)) this.#durations.push({ kind: deviceOfSlot(slot), ms });
    trim(this.#durations);
  }

  /**
   * @param slot null, or `ms` null: it ended without an attempt of ours
   * @param at milliseconds of running time
   */
  ended(slot: string | null, ms: number | null, at: number): void {
    this.#ends.push(at);
    if (slot !== null && ms !== null) this.#durations.push({ kind: deviceOfSlot(slot), ms });
    trim(this.#ends);
    trim(this.#durations);
  }

  /** Drops the estimate: the study has entered another state. */
  stateChanged(): void {
    this.#requested = null;
    this.#answered = null;
  }

  /** @param now on the coordinator's clock */
  say(lab: LabState, study: Study, now: number): Pick<StudyHead, 'timeLeft' | 'trialsPerMinute'> {
    return {
      timeLeft: this.#timeLeft(lab, study, now),
      trialsPerMinute: this.#perMinute(lab, study, now),
    };
  }

  #timeLeft(lab: LabState, study: Study, now: number): Left {
    if (study.state !== 'running') {
      this.stateChanged();
      return { unknown: 'not-running', needed: null };
    }
    const requested = this.#requested;
    if (requested === null || !holds(requested, study)) this.#request(lab, study, now);
    else if (!requested.inFlight && now - requested.at >= STEADY_MS) this.#request(lab, study, now);
    const answered = this.#answered;
    if (answered?.left == null || !holds(answered, study))
      return { unknown: 'pending', needed: null };
    return shown(answered.left, now - answered.at);
  }

  #request(lab: LabState, study: Study, now: number): void {
    const { limits, limit } = study;
    const work = workloadOf(lab, study, now, this.#durations);
    const left = timeLeftAtOnce(work);
    const estimate: Estimate = { limits, limit, at: now, left, inFlight: left === null };
    this.#requested = estimate;
    if (left === null) void this.#await(estimate, this.#estimateTimeLeft(work));
    else this.#answered = estimate;
  }

  async #await(estimate: Estimate, answer: Promise<TimeLeft>): Promise<void> {
    try {
      const left = await answer;
      // Otherwise the limits or the state have changed, and the answer is stale.
      if (this.#requested !== estimate) return;
      estimate.left = left;
      this.#answered = estimate;
      this.estimated.notify();
    } catch {
      // The thread ended. A head requests the estimate again after `STEADY_MS`.
    } finally {
      estimate.inFlight = false;
    }
  }

  #perMinute(lab: LabState, study: Study, now: number): number | null {
    const { state } = study;
    if (state === 'finished' || state === 'paused') return null;
    if (this.#rate === null || this.#rate.state !== state || now - this.#rate.at >= STEADY_MS) {
      const ran =
        activeMs(lab, study) + (study.activeSince === null ? 0 : Math.max(0, now - lab.now));
      this.#rate = { perMinute: trialsPerMinute(this.#ends, ran), state, at: now };
    }
    return this.#rate.perMinute;
  }
}

function holds(estimate: Estimate, study: Study): boolean {
  return estimate.limits === study.limits && estimate.limit === study.limit;
}

/** An estimate as a window shows it, `passed` milliseconds after it was computed. */
function shown(left: TimeLeft, passed: number): Left {
  if (!left.known) return { unknown: left.reason, needed: left.needed };
  return { lowMs: Math.max(0, left.lowMs - passed), highMs: Math.max(0, left.highMs - passed) };
}

/** Called rarely, because removing the first entry moves all others. */
function trim(list: unknown[]): void {
  if (list.length > 2 * MOST) list.splice(0, list.length - MOST);
}
