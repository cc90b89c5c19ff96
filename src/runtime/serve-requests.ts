/**
 * The thread's side of numbered requests (`thread-requests.ts`): answers each request under its
 * number, and ends the thread when asked to.
 */
import { parentPort } from 'node:worker_threads';
import type { Transferable } from 'node:worker_threads';
import { END_THREAD } from './start-thread.ts';

/** Messages to the thread: a request, or the withdrawal of one. */
export type ToThread<Request> =
  | { readonly id: number; readonly request: Request }
  | { readonly id: number; readonly withdrawn: true };

/** Messages from the thread: an answer, the last of its request or not, or why there is none. */
export type FromThread<Answer> =
  | { readonly id: number; readonly answer: Answer; readonly last: boolean }
  | { readonly id: number; readonly failed: string };

/** The channel back to one request's sender. */
export interface Reply<Answer> {
  /** Sends an answer that is not the last; the buffers of `transfer` are moved. */
  post(answer: Answer, transfer?: readonly Transferable[]): void;
  /** True if further answers are unwanted: the request was withdrawn, or the thread ends. */
  readonly unwanted: boolean;
}

/**
 * Answers every request by a function. What the function returns is the last answer; what it
 * throws fails that request only. Asynchronous functions run side by side.
 * @param answer takes the requests that the sender's `ThreadRequests` is typed by
 */
export function serveRequests<Answer>(
  answer: (request: never, reply: Reply<Answer>) => Answer | Promise<Answer>,
): void {
  const port = parentPort;
  if (port === null) throw new Error('requests are served in threads only');
  const open = new Set<number>();
  const post = (message: FromThread<Answer>, transfer: readonly Transferable[] = []): void =>
    port.postMessage(message, transfer);

  const serve = (id: number, request: never): Answer | Promise<Answer> =>
    answer(request, {
      post: (part, transfer) => post({ id, answer: part, last: false }, transfer),
      get unwanted() {
        return !open.has(id);
      },
    });
  const served = async (id: number, request: never): Promise<void> => {
    try {
      const given = serve(id, request);
      post({ id, answer: given instanceof Promise ? await given : given, last: true });
    } catch (error) {
      post({ id, failed: error instanceof Error ? error.message : String(error) });
    } finally {
      open.delete(id);
    }
  };

  port.on('message', (message: ToThread<never> | typeof END_THREAD) => {
    if (message === END_THREAD) {
      open.clear();
      port.close();
    } else if ('withdrawn' in message) open.delete(message.id);
    else {
      open.add(message.id);
      void served(message.id, message.request);
    }
  });
}
