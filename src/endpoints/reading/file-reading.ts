/**
 * Sends requests to the thread that reads the lab file (`read-thread.ts`), and passes its answers
 * to the callers.
 */
import type { Worker } from 'node:worker_threads';
import type { TimeLeft, Workload } from '../../core/analysis/time-left.ts';
import { GalapagosError } from '../../core/errors.ts';
import { endThread, startThread } from '../../runtime/start-thread.ts';
import type { AttemptEntry, AttemptFilter } from '../../storage/lab-reader.ts';
import type { Ask, ThreadInput, ThreadAnswer } from './read-thread.ts';

export interface RowsListener {
  rows(message: Extract<ThreadAnswer, { answer: 'rows' }>): void;
  curve(message: Extract<ThreadAnswer, { answer: 'curve' }>): void;
  /** @param error why not all rows were read; null: all were */
  end(error: string | null): void;
}

type Untold<A> = A extends unknown ? Omit<A, 'id'> : never;
type Listener = (message: ThreadAnswer) => void;

export class FileReading {
  readonly #file: string;
  readonly #asked = new Map<number, Listener>();
  #thread: Worker | null = null;
  #nextId = 0;
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Starts the thread in advance, because starting takes a moment. */
  start(): void {
    this.#started();
  }

  /** Reads all trials of a study, by uid or name. @returns a function that cancels */
  rows(study: string, listener: RowsListener): () => void {
    const id = this.#ask({ ask: 'rows', study }, (message) => {
      if (message.answer === 'rows') listener.rows(message);
      else if (message.answer === 'curve') listener.curve(message);
      else {
        this.#asked.delete(id);
        listener.end(message.answer === 'failed' ? message.message : null);
      }
    });
    return () => {
      if (this.#asked.delete(id)) this.#thread?.postMessage({ ask: 'stop', id } satisfies Ask);
    };
  }

  async attempts(which: AttemptFilter): Promise<readonly AttemptEntry[]> {
    return (await this.#once('attempts', { ask: 'attempts', which })).attempts;
  }

  /** Reads facts about the studies that the coordinator does not have. */
  studies(): Promise<Extract<ThreadAnswer, { answer: 'studies' }>> {
    return this.#once('studies', { ask: 'studies' });
  }

  /** Estimates the time left on the reading thread: the same as `timeLeft(work)`. */
  async timeLeft(work: Workload): Promise<TimeLeft> {
    return (await this.#once('timeLeft', { ask: 'timeLeft', work })).left;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#fail('the lab was closed');
    if (this.#thread !== null) await endThread(this.#thread);
  }

  #once<Kind extends ThreadAnswer['answer']>(
    answer: Kind,
    ask: Untold<Ask>,
  ): Promise<Extract<ThreadAnswer, { answer: Kind }>> {
    return new Promise((resolve, reject) => {
      const id = this.#ask(ask, (message) => {
        this.#asked.delete(id);
        if (message.answer === answer) resolve(message as Extract<ThreadAnswer, { answer: Kind }>);
        else
          reject(
            new GalapagosError(
              'unreadable',
              message.answer === 'failed' ? message.message : 'another answer',
              { file: this.#file },
            ),
          );
      });
    });
  }

  #ask(ask: Untold<Ask>, listener: Listener): number {
    const id = this.#nextId++;
    this.#asked.set(id, listener);
    if (this.#closed) queueMicrotask(() => this.#fail('the lab was closed'));
    else this.#started().postMessage({ ...ask, id });
    return id;
  }

  #started(): Worker {
    if (this.#thread !== null) return this.#thread;
    const input: ThreadInput = { file: this.#file };
    const thread = startThread(import.meta.url, 'read-thread', { workerData: input });
    thread.on('message', (message: ThreadAnswer) => this.#asked.get(message.id)?.(message));
    thread.on('error', (error) => this.#fail(error.message));
    thread.on('exit', () => {
      this.#thread = null;
      this.#fail('the thread that reads the lab file ended');
    });
    thread.unref();
    return (this.#thread = thread);
  }

  #fail(message: string): void {
    for (const [id, listener] of [...this.#asked]) listener({ answer: 'failed', id, message });
  }
}
