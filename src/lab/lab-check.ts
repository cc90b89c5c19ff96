/**
 * Checks a lab that was just opened, in a thread: what cannot be right in it is reported while it
 * is already served.
 */
import type { Worker } from 'node:worker_threads';
import { endThread, startThread } from '../runtime/start-thread.ts';

/** What was found in a lab file. */
export interface Damage {
  /** Number of problems, at least 1. */
  readonly count: number;
  /** The first, in words. */
  readonly first: string;
}

/** Milliseconds after which a lab that is served is checked: its first rows are read until then. */
export const CHECK_LATER_MS = 5_000;

export class LabCheck {
  readonly #file: string;
  readonly #tell: (damage: Damage) => void;
  readonly #timer: NodeJS.Timeout;
  #thread: Worker | null = null;

  /** @param tell called once, if anything is found */
  constructor(file: string, afterMs: number, tell: (damage: Damage) => void) {
    this.#file = file;
    this.#tell = tell;
    this.#timer = setTimeout(() => this.#start(), afterMs).unref();
  }

  /** Ends the check, and closes what it has open. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#thread !== null) await endThread(this.#thread);
  }

  #start(): void {
    const thread = startThread(import.meta.url, 'check-thread', {
      workerData: { file: this.#file },
    });
    thread.unref();
    // Without the check, the lab is used as it is.
    thread.on('error', () => undefined);
    thread.on('message', this.#tell);
    thread.on('exit', () => (this.#thread = null));
    this.#thread = thread;
  }
}
