/**
 * Attempts that a worker has accepted and may not forget yet: waiting, running, or finished with an
 * unacknowledged result; also cancels that arrived before their attempt. Pure bookkeeping: sends
 * nothing and runs nothing.
 */
import type { AttemptId, AttemptResult } from '../core/scheduling/index.ts';
import type { CohortMessage } from '../protocol/worker-messages.ts';

type Stage =
  | { readonly at: 'waiting' }
  | { readonly at: 'running' }
  | { readonly at: 'finished'; readonly result: AttemptResult; sentAt: number };

interface Held {
  readonly attempt: AttemptId;
  stage: Stage;
}

export interface Unanswered {
  readonly attempt: AttemptId;
  readonly result: AttemptResult;
}

/**
 * Greatest number of remembered cancels for unknown attempts. A coordinator never has that many
 * under way to one worker.
 */
const TOMBSTONES = 10_000;

export class Holding {
  readonly #held = new Map<string, Held>();
  readonly #tombstones = new Set<string>();

  /** Attempts in order of acceptance. */
  list(): readonly AttemptId[] {
    return [...this.#held.values()].map(({ attempt }) => attempt);
  }

  /**
   * @returns the lanes to run: without those already held and without those cancelled before they
   *   arrived, which are in `cancelled`
   */
  accept(lanes: CohortMessage['lanes']): {
    readonly run: CohortMessage['lanes'];
    readonly cancelled: readonly AttemptId[];
  } {
    const run: CohortMessage['lanes'][number][] = [];
    const cancelled: AttemptId[] = [];
    for (const lane of lanes) {
      const key = keyOf(lane.attempt);
      if (this.#held.has(key)) continue;
      this.#held.set(key, { attempt: lane.attempt, stage: { at: 'waiting' } });
      if (this.#tombstones.delete(key)) cancelled.push(lane.attempt);
      else run.push(lane);
    }
    return { run, cancelled };
  }

  /** @returns whether the attempt was waiting, hence may start */
  start(attempt: AttemptId): boolean {
    const held = this.#held.get(keyOf(attempt));
    if (held?.stage.at !== 'waiting') return false;
    held.stage = { at: 'running' };
    return true;
  }

  isRunning(attempt: AttemptId): boolean {
    return this.#held.get(keyOf(attempt))?.stage.at === 'running';
  }

  /** @returns whether the result is wanted: the attempt is held and had no result */
  finish(attempt: AttemptId, result: AttemptResult, now: number): boolean {
    const held = this.#held.get(keyOf(attempt));
    if (held === undefined || held.stage.at === 'finished') return false;
    held.stage = { at: 'finished', result, sentAt: now };
    return true;
  }

  /** Forgets an attempt whose result the coordinator has acknowledged. */
  forget(attempt: AttemptId): void {
    if (this.#held.get(keyOf(attempt))?.stage.at === 'finished') this.#held.delete(keyOf(attempt));
  }

  /**
   * Cancels an attempt and returns its stage. A cancel for an unknown attempt is remembered until
   * the next welcome.
   */
  cancel(attempt: AttemptId): Stage['at'] | 'unknown' {
    const held = this.#held.get(keyOf(attempt));
    if (held !== undefined) return held.stage.at;
    if (this.#tombstones.size < TOMBSTONES) this.#tombstones.add(keyOf(attempt));
    return 'unknown';
  }

  /**
   * Begins a new session: drops everything not in `keep`. @returns the dropped attempts that were
   * running
   */
  welcomed(keep: readonly AttemptId[]): readonly AttemptId[] {
    this.#tombstones.clear();
    const kept = new Set(keep.map(keyOf));
    const stopped: AttemptId[] = [];
    for (const [key, { attempt, stage }] of this.#held) {
      if (kept.has(key)) continue;
      this.#held.delete(key);
      if (stage.at === 'running') stopped.push(attempt);
    }
    return stopped;
  }

  /** Returns results last sent at or before a time and marks them as sent now. */
  unanswered(sentBefore: number, now: number): readonly Unanswered[] {
    const due: Unanswered[] = [];
    for (const { attempt, stage } of this.#held.values()) {
      if (stage.at !== 'finished' || stage.sentAt > sentBefore) continue;
      stage.sentAt = now;
      due.push({ attempt, result: stage.result });
    }
    return due;
  }
}

/** Returns an attempt's identity as one string. */
export function keyOf({ study, number, attemptNumber }: AttemptId): string {
  return `${study}/${number}/${attemptNumber}`;
}
