/**
 * Checks a lab file in a thread after it was opened and reports damage while the lab is already in
 * use.
 */
import type { Worker } from 'node:worker_threads';
import { endThread, startThread } from '../runtime/start-thread.ts';

/** Damage found in a lab file. */
export interface Damage {
  /** Number of problems, at least 1. */
  readonly count: number;
  /** The first problem, in words. */
  readonly first: string;
}

/** Milliseconds between opening a lab and checking it, left free for reading its first rows. */
export const CHECK_LATER_MS = 5_000;

export class LabCheck {
  readonly #file: string;
  readonly #report: (damage: Damage) => void;
  readonly #timer: NodeJS.Timeout;
  #thread: Worker | null = null;

  /** @param tell called once if damage is found */
  constructor(file: string, afterMs: number, report: (damage: Damage) => void) {
    this.#file = file;
    this.#report = report;
    this.#timer = setTimeout(() => this.#start(), afterMs).unref();
  }

  /** Ends the check and closes its connection. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#thread !== null) await endThread(this.#thread);
  }

  #start(): void {
    const thread = startThread(import.meta.url, 'check-thread', {
      workerData: { file: this.#file },
    });
    thread.unref();
    // Without the check the lab is used as it is.
    thread.on('error', () => undefined);
    thread.on('message', this.#report);
    thread.on('exit', () => (this.#thread = null));
    this.#thread = thread;
  }
}
