/**
 * Checkpoints the write-ahead log of a lab from a thread, because a checkpoint would block the
 * coordinator for tens of milliseconds. The thread starts when the log first grows beyond its
 * limit, which in most runs never happens.
 */
import { statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { endThread, startThread } from '../runtime/start-thread.ts';
import type { CheckpointAsk } from './checkpoint-thread.ts';

const EVERY_MS = 2_000;
const LONG_BYTES = 4 * 2 ** 20;
/** Free bytes on the disk below which space is short. */
const SHORT_BYTES = 64 * 2 ** 20;
/**
 * Size in bytes from which the log is checkpointed when space is short. The log holds a page once
 * for each write, the file only once.
 */
const LONG_WHEN_SHORT_BYTES = 256 * 2 ** 10;

export class Checkpoints {
  readonly #file: string;
  readonly #timer: NodeJS.Timeout;
  #thread: Worker | null = null;
  #running: Promise<void> | null = null;
  #done: () => void = () => undefined;
  /** Modification time of the log at the last checkpoint. */
  #seen = 0;

  constructor(file: string) {
    this.#file = file;
    this.#timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  /**
   * Checkpoints the log if it is long and was written since the last checkpoint, and truncates it
   * when disk space is short. @returns a promise of its end
   */
  look(): Promise<void> {
    if (this.#running !== null) return this.#running;
    const log = statSync(`${this.#file}-wal`, { throwIfNoEntry: false });
    if (log === undefined || log.size < LONG_WHEN_SHORT_BYTES) return Promise.resolve();
    const short = this.#isSpaceShort();
    // On a full disk the log cannot be written any more, but a checkpoint frees space.
    if (!short && (log.size < LONG_BYTES || log.mtimeMs === this.#seen)) return Promise.resolve();
    this.#seen = log.mtimeMs;
    this.#started().postMessage({ truncate: short } satisfies CheckpointAsk);
    this.#running = new Promise<void>((resolve) => (this.#done = resolve)).finally(
      () => (this.#running = null),
    );
    return this.#running;
  }

  /** Resolves when the thread has closed its connection to the file. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    if (this.#thread !== null) await endThread(this.#thread);
  }

  #isSpaceShort(): boolean {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      return bavail * bsize < SHORT_BYTES;
    } catch {
      return false;
    }
  }

  #started(): Worker {
    if (this.#thread !== null) return this.#thread;
    const thread = startThread(import.meta.url, 'checkpoint-thread', {
      workerData: { file: this.#file },
    });
    thread.unref();
    // Without the thread the writer checkpoints by itself, later and in one piece.
    thread.on('error', () => undefined);
    thread.on('message', () => this.#done());
    thread.on('exit', () => {
      this.#thread = null;
      this.#done();
    });
    return (this.#thread = thread);
  }
}
