/**
 * Thins the beats of one worker: a beat goes on to the host when it differs from the last one that
 * did, or two seconds after it. Also notices that a worker is silent.
 */
import type { Beat } from '../../protocol/worker-messages.ts';

/** Milliseconds after which an unchanged beat goes on. */
const REPEAT_MS = 2_000;
/** Tolerance in milliseconds: beats are sent by timers, which are late by some milliseconds. */
const EARLY_MS = 50;
/** Milliseconds without a message after which a worker is silent. */
const SILENT_MS = 1_000;

export class Beats {
  #last = '';
  #passedAt = -Infinity;
  #heardAt: number;
  #quietUntil = 0;

  constructor(now: number) {
    this.#heardAt = now;
  }

  /** Records any message of the worker. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** Returns whether this beat goes on to the host; records it. */
  passes(beat: Beat, now: number): boolean {
    this.#heardAt = now;
    this.#quietUntil = beat.quietMs === undefined ? 0 : now + beat.quietMs;
    const shown = JSON.stringify([
      beat.session,
      beat.taskSeq,
      beat.holding,
      beat.progress,
      beat.quietMs ?? null,
    ]);
    if (shown === this.#last && now - this.#passedAt < REPEAT_MS - EARLY_MS) return false;
    this.#last = shown;
    this.#passedAt = now;
    return true;
  }

  /** Passes the next beat whatever it contains. */
  restart(): void {
    this.#passedAt = -Infinity;
  }

  /** Ignores silence during a time in which this process did not run. */
  stalled(ms: number): void {
    this.#heardAt += ms;
  }

  isSilent(now: number): boolean {
    return now - this.#heardAt >= SILENT_MS && now >= this.#quietUntil;
  }
}
