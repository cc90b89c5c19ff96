/**
 * A thread for long-running work (`work-thread.ts`), started with the first request and kept for
 * later ones.
 */
import { errorCodeOf } from '../../core/error-codes.ts';
import type { Worker } from 'node:worker_threads';
import { GalapagosError } from '../../core/errors.ts';
import { endThread, startThread } from '../../runtime/start-thread.ts';
import type { Work, WorkAnswer, WorkInput, WorkOutput, WorkRequest } from './work-thread.ts';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class ThreadWork {
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #nextId = 0;

  /** @throws GalapagosError as the work does */
  do<W extends Work>(work: W, input: WorkInput<W>): Promise<WorkOutput<W>> {
    const id = this.#nextId++;
    const request: WorkRequest = { id, work, input };
    return new Promise((resolve, reject) => {
      // The thread runs the same build, so the answer has the type of this work.
      this.#waiting.set(id, { resolve: (value) => resolve(value as WorkOutput<W>), reject });
      this.#running().postMessage(request);
    });
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = null;
    this.#failAll(new GalapagosError('cancelled', 'the application ended'));
    if (thread !== null) await endThread(thread);
  }

  #running(): Worker {
    if (this.#thread !== null) return this.#thread;
    const thread = startThread(import.meta.url, 'work-thread');
    // Requests must not keep an application from exiting.
    thread.unref();
    thread.on('message', (answer: WorkAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) {
        const { code, data } = answer.error;
        const { message, ...rest } = data;
        waiting?.reject(new GalapagosError(errorCodeOf(code) ?? 'internal', String(message), rest));
      } else waiting?.resolve(answer.value);
    });
    thread.on('error', (error) => this.#failAll(error));
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = null;
      this.#failAll(new Error('the thread that works for windows ended'));
    });
    this.#thread = thread;
    return thread;
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
