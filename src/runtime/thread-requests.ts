/**
 * Numbered requests to a thread, whose side is `serve-requests.ts`. The thread starts with the
 * first request and is kept for later ones. When the thread ends, every outstanding request
 * fails, and the next request starts a new thread.
 */
import type { Transferable, Worker } from 'node:worker_threads';
import type { FromThread, ToThread } from './serve-requests.ts';

export interface ThreadRequestsOptions {
  readonly start: () => Worker;
  /**
   * Ends a thread; the promise resolves when the thread has exited. A thread that reads lab files
   * must be ended with `endThread`.
   */
  readonly end: (thread: Worker) => Promise<unknown>;
}

export interface AnswerListener<Answer> {
  /** An answer that is not the last. */
  part(answer: Answer): void;
  /** The last answer; no other call follows. */
  last(answer: Answer): void;
  /** The request failed or its thread ended; no other call follows. */
  failed(error: Error): void;
}

export class ThreadRequests<Request, Answer> {
  readonly #options: ThreadRequestsOptions;
  readonly #open = new Map<number, AnswerListener<Answer>>();
  #thread: Worker | null = null;
  #nextId = 0;
  /** Error of every request after `close`; null before. */
  #closed: Error | null = null;

  constructor(options: ThreadRequestsOptions) {
    this.#options = options;
  }

  /** Starts the thread in advance, because starting takes a moment. */
  start(): void {
    if (this.#closed === null) this.#running();
  }

  /** Asks for one answer. The buffers of `transfer` are moved to the thread. */
  ask(request: Request, transfer: readonly Transferable[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.stream(request, { part: () => undefined, last: resolve, failed: reject }, transfer);
    });
  }

  /**
   * Asks for several answers. The listener is called in later turns only.
   * @returns a function that withdraws the request; the listener is not called afterwards
   */
  stream(
    request: Request,
    listener: AnswerListener<Answer>,
    transfer: readonly Transferable[] = [],
  ): () => void {
    const id = this.#nextId++;
    const closed = this.#closed;
    if (closed !== null) queueMicrotask(() => this.#take(id)?.failed(closed));
    else this.#post({ id, request }, transfer);
    this.#open.set(id, listener);
    return () => {
      if (this.#open.delete(id) && this.#thread !== null) this.#post({ id, withdrawn: true });
    };
  }

  /** Ends the thread and fails what is outstanding. The next request starts a new thread. */
  restart(reason: string): void {
    const thread = this.#thread;
    if (thread === null) return;
    this.#lost(thread, new Error(reason));
    void this.#options.end(thread);
  }

  /** Fails outstanding and later requests with an error, and waits for the thread's exit. */
  async close(reason: Error): Promise<void> {
    this.#closed ??= reason;
    const thread = this.#thread;
    if (thread === null) return;
    this.#lost(thread, reason);
    await this.#options.end(thread);
  }

  #post(message: ToThread<Request>, transfer: readonly Transferable[] = []): void {
    this.#running().postMessage(message, transfer);
  }

  #running(): Worker {
    if (this.#thread !== null) return this.#thread;
    const thread = this.#options.start();
    // Requests must not keep a process from exiting.
    thread.unref();
    thread.on('message', (message: FromThread<Answer>) => this.#answered(message));
    // For example, a request needed more memory than a thread may have.
    thread.on('error', (error) => this.#lost(thread, error));
    thread.on('exit', () => this.#lost(thread, new Error('the thread ended')));
    return (this.#thread = thread);
  }

  #answered(message: FromThread<Answer>): void {
    if ('failed' in message) this.#take(message.id)?.failed(new Error(message.failed));
    else if (message.last) this.#take(message.id)?.last(message.answer);
    else this.#open.get(message.id)?.part(message.answer);
  }

  #lost(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = null;
    for (const id of [...this.#open.keys()]) this.#take(id)?.failed(error);
  }

  #take(id: number): AnswerListener<Answer> | undefined {
    const listener = this.#open.get(id);
    this.#open.delete(id);
    return listener;
  }
}
