/**
 * What a worker has accepted and not yet been told to forget: attempts waiting, running, or
 * finished with an answer outstanding; and cancels that came before their attempt. Pure
 * bookkeeping: it sends nothing and runs nothing.
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
 * Cancels remembered for attempts not seen; a coordinator never has that many on the way to one
 * worker.
 */
const TOMBSTONES = 10_000;

export class Holding {
  readonly #held = new Map<string, Held>();
  readonly #tombstones = new Set<string>();

  /** In the order of acceptance. */
  list(): readonly AttemptId[] {
    return [...this.#held.values()].map(({ attempt }) => attempt);
  }

  /**
   * @returns the lanes to run: not those held already, nor those cancelled before they came, which
   *   are in `cancelled`
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

  /** @returns whether it was waiting, hence may start */
  start(attempt: AttemptId): boolean {
    const held = this.#held.get(keyOf(attempt));
    if (held?.stage.at !== 'waiting') return false;
    held.stage = { at: 'running' };
    return true;
  }

  isRunning(attempt: AttemptId): boolean {
    return this.#held.get(keyOf(attempt))?.stage.at === 'running';
  }

  /** @returns whether the result is wanted: the attempt is held and had none */
  finish(attempt: AttemptId, result: AttemptResult, now: number): boolean {
    const held = this.#held.get(keyOf(attempt));
    if (held === undefined || held.stage.at === 'finished') return false;
    held.stage = { at: 'finished', result, sentAt: now };
    return true;
  }

  /** The coordinator answered its result. */
  forget(attempt: AttemptId): void {
    if (this.#held.get(keyOf(attempt))?.stage.at === 'finished') this.#held.delete(keyOf(attempt));
  }

  /** Where a cancel finds it; one that finds nothing is remembered until the next welcome. */
  cancel(attempt: AttemptId): Stage['at'] | 'unknown' {
    const held = this.#held.get(keyOf(attempt));
    if (held !== undefined) return held.stage.at;
    if (this.#tombstones.size < TOMBSTONES) this.#tombstones.add(keyOf(attempt));
    return 'unknown';
  }

  /**
   * A new session: everything not in `keep` is dropped. @returns what was running and was dropped
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

  /** Results last sent at or before a time; they count as sent now. */
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

/** An attempt's name as one string. */
export function keyOf({ study, number, k }: AttemptId): string {
  return `${study}/${number}/${k}`;
}
