/** How fast one study gets on and how long it will take, from what its trials took. Reckoned at most once a second, when asked. */
import type { Duration } from '../../core/analysis/duration-model.ts';
import { trialsPerMinute } from '../../core/analysis/rate.ts';
import { timeLeft } from '../../core/analysis/time-left.ts';
import type { LabState, Study } from '../../core/scheduling/index.ts';
import { activeMs } from '../../core/scheduling/studies.ts';
import { workloadOf } from '../../core/scheduling/workload.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';

/** More are of another time. */
const MOST = 512;
const STEADY_MS = 1_000;

type Said = Pick<StudyHead, 'timeLeft' | 'trialsPerMinute'>;

export class Pace {
  /** Of ended trials, oldest first. */
  readonly #durations: Duration[] = [];
  /** When trials ended, in milliseconds of running time. */
  readonly #ends: number[] = [];
  #last: { readonly said: Said; readonly at: number; readonly state: Study['state']; readonly limit: number } | null = null;

  /** Trials that ended before, oldest first: how long each took and on which slot. They say nothing of the rate. */
  remember(durations: Iterable<{ readonly slot: string; readonly ms: number }>): void {
    for (const { slot, ms } of durations) if (Number.isFinite(ms)) this.#durations.push({ kind: kindOf(slot), ms });
    trim(this.#durations);
  }

  /**
   * @param slot null, or `ms` null: it ended without an attempt of ours
   * @param at milliseconds of running time
   */
  ended(slot: string | null, ms: number | null, at: number): void {
    this.#ends.push(at);
    if (slot !== null && ms !== null) this.#durations.push({ kind: kindOf(slot), ms });
    trim(this.#ends);
    trim(this.#durations);
  }

  /** @param now on the coordinator's clock */
  say(lab: LabState, study: Study, now: number): Said {
    const { state, limit } = study;
    const last = this.#last;
    if (last !== null && last.state === state && last.limit === limit && now - last.at < STEADY_MS) return last.said;
    const said = { timeLeft: this.#timeLeft(lab, study, now), trialsPerMinute: this.#perMinute(lab, study, now) };
    this.#last = { said, at: now, state, limit };
    return said;
  }

  #timeLeft(lab: LabState, study: Study, now: number): StudyHead['timeLeft'] {
    if (study.state !== 'running') return { unknown: 'not-running', needed: null };
    const left = timeLeft(workloadOf(lab, study, now, this.#durations, kindOf));
    return left.known ? { lowMs: left.lowMs, highMs: left.highMs } : { unknown: left.reason, needed: left.needed };
  }

  #perMinute(lab: LabState, study: Study, now: number): number | null {
    if (study.state === 'finished' || study.state === 'paused') return null;
    return trialsPerMinute(this.#ends, activeMs(lab, study) + (study.activeSince === null ? 0 : Math.max(0, now - lab.now)));
  }
}

/** Slots of a node's device are equally fast: `node/device/i` without the worker's place. */
function kindOf(slot: string): string {
  return slot.slice(0, Math.max(0, slot.lastIndexOf('/')));
}

/** Not with each one: what is dropped has to be moved. */
function trim(list: unknown[]): void {
  if (list.length > 2 * MOST) list.splice(0, list.length - MOST);
}
