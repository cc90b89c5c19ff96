/**
 * Sends requests to the thread that reads the lab file (`read-thread.ts`), and passes its answers
 * to the callers.
 */
import type { TimeLeft, Workload } from '../../core/analysis/time-left.ts';
import { GalapagosError } from '../../core/errors.ts';
import { endThread, startThread } from '../../runtime/start-thread.ts';
import { ThreadRequests } from '../../runtime/thread-requests.ts';
import type { AttemptEntry, AttemptFilter } from '../../storage/lab-reader.ts';
import type { Ask, ThreadInput, ThreadAnswer } from './read-thread.ts';

export interface RowsListener {
  rows(message: Extract<ThreadAnswer, { answer: 'rows' }>): void;
  curve(message: Extract<ThreadAnswer, { answer: 'curve' }>): void;
  /** @param error why not all rows were read; null: all were */
  end(error: string | null): void;
}

export class FileReading {
  readonly #file: string;
  readonly #thread: ThreadRequests<Ask, ThreadAnswer>;

  constructor(file: string) {
    this.#file = file;
    const input: ThreadInput = { file };
    this.#thread = new ThreadRequests({
      start: () => startThread(import.meta.url, 'read-thread', { workerData: input }),
      end: endThread,
    });
  }

  /** Starts the thread in advance, because starting takes a moment. */
  start(): void {
    this.#thread.start();
  }

  /** Reads all trials of a study, by uid or name. @returns a function that cancels */
  rows(study: string, listener: RowsListener): () => void {
    return this.#thread.stream(
      { ask: 'rows', study },
      {
        part: (message) => {
          if (message.answer === 'rows') listener.rows(message);
          else if (message.answer === 'curve') listener.curve(message);
        },
        last: () => listener.end(null),
        failed: ({ message }) => listener.end(message),
      },
    );
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

  close(): Promise<void> {
    return this.#thread.close(new Error('the lab was closed'));
  }

  async #once<Kind extends ThreadAnswer['answer']>(
    kind: Kind,
    ask: Ask,
  ): Promise<Extract<ThreadAnswer, { answer: Kind }>> {
    try {
      const message = await this.#thread.ask(ask);
      if (message.answer !== kind) throw new Error(`another answer: ${message.answer}`);
      return message as Extract<ThreadAnswer, { answer: Kind }>;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new GalapagosError('unreadable', text, { file: this.#file }, error);
    }
  }
}
