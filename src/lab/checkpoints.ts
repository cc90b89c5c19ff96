/**
 * Keeps a lab's log short while it is written, from a thread: the coordinator would wait for the
 * disk, some tens of milliseconds each time. The thread is started when the log has grown for the
 * first time, which in most runs it never does.
 */
import { statSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { endThread, startThread } from '../runtime/start-thread.ts';
import type { CheckpointAsk } from './checkpoint-thread.ts';

const EVERY_MS = 2_000;
const LONG_BYTES = 4 * 2 ** 20;
/** Free bytes of the disk below which space is short, */
const SHORT_BYTES = 64 * 2 ** 20;
/**
 * … and the log is long at this size already: it holds each page as often as it was written, the
 * file once.
 */
const LONG_WHEN_SHORT_BYTES = 256 * 2 ** 10;

export class Checkpoints {
  readonly #file: string;
  readonly #timer: NodeJS.Timeout;
  #thread: Worker | null = null;
  #running: Promise<void> | null = null;
  #done: () => void = () => undefined;
  /** When the log was written last, as it was seen. */
  #seen = 0;

  constructor(file: string) {
    this.#file = file;
    this.#timer = setInterval(() => void this.look(), EVERY_MS).unref();
  }

  /**
   * Has the log moved if it is long and was written since, and cut off where space is short.
   * @returns when that is done
   */
  look(): Promise<void> {
    if (this.#running !== null) return this.#running;
    const log = statSync(`${this.#file}-wal`, { throwIfNoEntry: false });
    if (log === undefined || log.size < LONG_WHEN_SHORT_BYTES) return Promise.resolve();
    const short = this.#isSpaceShort();
    // On a full disk the log is no longer written, and yet moving it makes room.
    if (!short && (log.size < LONG_BYTES || log.mtimeMs === this.#seen)) return Promise.resolve();
    this.#seen = log.mtimeMs;
    this.#started().postMessage({ truncate: short } satisfies CheckpointAsk);
    this.#running = new Promise<void>((resolve) => (this.#done = resolve)).finally(
      () => (this.#running = null),
    );
    return this.#running;
  }

  /** The file is its owner's alone again. */
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
    // Without it the writer does it itself, later and all at once.
    thread.on('error', () => undefined);
    thread.on('message', () => this.#done());
    thread.on('exit', () => {
      this.#thread = null;
      this.#done();
    });
    return (this.#thread = thread);
  }
}
