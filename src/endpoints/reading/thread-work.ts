/**
 * A thread for long-running work (`work-thread.ts`), started with the first request and kept for
 * later ones.
 */
import { errorCodeOf } from '../../core/error-codes.ts';
import { GalapagosError } from '../../core/errors.ts';
import { endThread, startThread } from '../../runtime/start-thread.ts';
import { ThreadRequests } from '../../runtime/thread-requests.ts';
import type { Work, WorkAnswer, WorkInput, WorkOutput, WorkRequest } from './work-thread.ts';

export class ThreadWork {
  readonly #thread = new ThreadRequests<WorkRequest, WorkAnswer>({
    start: () => startThread(import.meta.url, 'work-thread'),
    end: endThread,
  });

  /** True once something was asked for. */
  started = false;

  /** @throws GalapagosError as the work does */
  async do<W extends Work>(work: W, input: WorkInput<W>): Promise<WorkOutput<W>> {
    this.started = true;
    const answer = await this.#thread.ask({ work, input });
    // The thread runs the same build, so the answer has the type of this work.
    if ('value' in answer) return answer.value as WorkOutput<W>;
    const { code, data } = answer.error;
    const { message, ...rest } = data;
    throw new GalapagosError(errorCodeOf(code) ?? 'internal', String(message), rest);
  }

  close(): Promise<void> {
    return this.#thread.close(new GalapagosError('cancelled', 'the application ended'));
  }
}
