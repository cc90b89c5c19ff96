/**
 * Sends requests to the thread that reads the lab file (`read-thread.ts`), and passes its answers
 * to the callers.
 */
import type { Worker } from 'node:worker_threads';
import type { TimeLeft, Workload } from '../../core/analysis/time-left.ts';
import { GalapagosError } from '../../core/errors.ts';
import { endThread, startThread } from '../../runtime/start-thread.ts';
import type { AttemptEntry, AttemptFilter } from '../../storage/lab-reader.ts';
import type { Ask, ThreadInput, Told } from './read-thread.ts';

export interface RowsListener {
  rows(told: Extract<Told, { tell: 'rows' }>): void;
  curve(told: Extract<Told, { tell: 'curve' }>): void;
  /** @param error why not all rows were read; null: all were */
  end(error: string | null): void;
}

type Untold<A> = A extends unknown ? Omit<A, 'id'> : never;
type Listener = (told: Told) => void;

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
    const id = this.#ask({ ask: 'rows', study }, (told) => {
      if (told.tell === 'rows') listener.rows(told);
      else if (told.tell === 'curve') listener.curve(told);
      else {
        this.#asked.delete(id);
        listener.end(told.tell === 'failed' ? told.message : null);
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
  studies(): Promise<Extract<Told, { tell: 'studies' }>> {
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

  #once<Tell extends Told['tell']>(
    tell: Tell,
    ask: Untold<Ask>,
  ): Promise<Extract<Told, { tell: Tell }>> {
    return new Promise((resolve, reject) => {
      const id = this.#ask(ask, (told) => {
        this.#asked.delete(id);
        if (told.tell === tell) resolve(told as Extract<Told, { tell: Tell }>);
        else
          reject(
            new GalapagosError(
              'unreadable',
              told.tell === 'failed' ? told.message : 'another answer',
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
    thread.on('message', (told: Told) => this.#asked.get(told.id)?.(told));
    thread.on('error', (error) => this.#fail(error.message));
    thread.on('exit', () => {
      this.#thread = null;
      this.#fail('the thread that reads the lab file ended');
    });
    thread.unref();
    return (this.#thread = thread);
  }

  #fail(message: string): void {
    for (const [id, listener] of [...this.#asked]) listener({ tell: 'failed', id, message });
  }
}
