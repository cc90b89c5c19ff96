/**
 * Asks samplers in threads, one thread for each study, so that an expensive sampler blocks neither
 * the coordinator's event loop nor other studies. The threads propose from copies of the studies'
 * columns; each request carries what was added since the one before.
 */
import type { Worker } from 'node:worker_threads';
import { answerOf, askedBecause, isAwaited } from '../core/scheduling/index.ts';
import type { Ask, Event, LabState, Proposals } from '../core/scheduling/index.ts';
import { buffersOf, nextPosition, START } from '../core/study/column-increment.ts';
import type { ColumnPosition } from '../core/study/column-increment.ts';
import { startThread } from '../runtime/start-thread.ts';
import { ThreadRequests } from '../runtime/thread-requests.ts';
import { systemTimer } from '../runtime/timer.ts';
import type { Timer } from '../runtime/timer.ts';
import { turn } from '../runtime/turn.ts';
import type { SampledSpec } from '../core/samplers/after-edit.ts';
import type { SamplerRequest } from './sampler-thread.ts';

/**
 * Milliseconds without an answer after which a thread is ended. Far above the time of any proposal,
 * because an ended thread's work is lost.
 */
const STANDSTILL_MS = 120_000;
/** Trials copied at a time: about a millisecond of work. */
const PIECE_ROWS = 1024;
/** Number of threads that are asked in turn before the sampler counts as failed. */
const MOST_ATTEMPTS = 3;

export interface ThreadSamplingOptions {
  readonly start: () => Worker;
  readonly timer: Timer;
  /** Greatest number of trials copied in one piece. */
  readonly pieceRows: number;
}

/** Starts the thread of a study that has none. */
export function startSamplerThread(): Worker {
  return startThread(import.meta.url, 'sampler-thread');
}

interface StudyThread {
  readonly requests: ThreadRequests<SamplerRequest, Proposals>;
  /** Number of edits of the search before the asks that it answers. */
  readonly edits: number;
  /** Part of the study's columns that the thread has; null: nothing, not even the study. */
  position: ColumnPosition | null;
}

export class ThreadSampling {
  readonly #lab: LabState;
  readonly #answered: (event: Event) => void;
  readonly #now: () => number;
  readonly #options: ThreadSamplingOptions;
  readonly #threads = new Map<string, StudyThread>();

  /**
   * @param now milliseconds of the coordinator's clock
   * @param answered called with the answer to each ask that its study still awaits
   */
  constructor(
    lab: LabState,
    now: () => number,
    answered: (event: Event) => void,
    options: Partial<ThreadSamplingOptions> = {},
  ) {
    this.#lab = lab;
    this.#now = now;
    this.#answered = answered;
    this.#options = {
      start: startSamplerThread,
      timer: systemTimer,
      pieceRows: PIECE_ROWS,
      ...options,
    };
  }

  /** Carries out an ask. A thread that dies or stands still is replaced and asked again. */
  ask(ask: Ask): void {
    void this.#propose(ask, askedBecause(this.#lab));
  }

  /** Ends the thread of a study, unless the study is running again. */
  release(study: string): void {
    if (this.#lab.studies.get(study)?.state === 'running') return;
    const thread = this.#threads.get(study);
    this.#threads.delete(study);
    if (thread !== undefined) void thread.requests.close(new Error('the study stopped'));
  }

  async close(): Promise<void> {
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    const reason = new Error('the coordinator closed');
    await Promise.all(threads.map(({ requests }) => requests.close(reason)));
  }

  async #propose(ask: Ask, because: string): Promise<void> {
    const thread = this.#threadOf(ask);
    let proposals: Proposals | null = null;
    for (let lost = 0; proposals === null; lost++) {
      try {
        proposals = await this.#request(thread, ask);
      } catch (error) {
        const isReleased = this.#threads.get(ask.study) !== thread;
        if (isReleased || !isAwaited(this.#lab, ask)) return;
        thread.position = null;
        if (lost + 1 >= MOST_ATTEMPTS) {
          const reason = error instanceof Error ? error.message : String(error);
          proposals = {
            samplerError: `no answer from its thread in ${MOST_ATTEMPTS} attempts: ${reason}`,
          };
        }
      }
    }
    if (this.#threads.get(ask.study) !== thread) return;
    this.#answered(answerOf(ask, proposals, { at: this.#now(), because }));
  }

  /** Copies what the thread lacks, in pieces that each wait for the one before, and asks. */
  async #request(thread: StudyThread, { study: uid, ...ask }: Ask): Promise<Proposals> {
    // Starting a thread and the first copy take milliseconds, the step before them did too.
    if (thread.position === null) await turn();
    const study = this.#lab.studies.get(uid);
    if (study === undefined) throw new RangeError(`no study ${uid} in this lab`);
    const { columns, spec } = study;
    const { first, count, historyLength } = ask;
    for (;;) {
      const from = thread.position ?? START;
      const to = nextPosition(from, columns.position, this.#options.pieceRows);
      const isLast = to.size === columns.size && to.ended === columns.ended;
      const request: SamplerRequest = {
        spec: thread.position === null ? sampledSpec(spec) : null,
        increment: columns.since(from, to),
        ask: isLast ? { first, count, historyLength } : null,
      };
      thread.position = to;
      const proposals = await this.#posted(thread, request);
      if (isLast) return proposals;
      // A thread that answers quickly would otherwise have several pieces copied in one turn.
      await turn();
    }
  }

  async #posted({ requests }: StudyThread, request: SamplerRequest): Promise<Proposals> {
    const cancel = this.#options.timer.after(STANDSTILL_MS, () =>
      requests.restart(`no answer in ${STANDSTILL_MS / 1_000} s`),
    );
    try {
      return await requests.ask(request, buffersOf(request.increment));
    } finally {
      cancel();
    }
  }

  /**
   * An edit of the search replaces the thread: its proposals would be those of the search before.
   */
  #threadOf({ study, edits = 0 }: Ask): StudyThread {
    const known = this.#threads.get(study);
    if (known?.edits === edits) return known;
    if (known !== undefined) void known.requests.close(new Error('its search was edited'));
    const requests = new ThreadRequests<SamplerRequest, Proposals>({
      start: this.#options.start,
      end: (worker) => worker.terminate(),
    });
    const thread: StudyThread = { requests, edits, position: null };
    this.#threads.set(study, thread);
    return thread;
  }
}

function sampledSpec(spec: SampledSpec): SampledSpec {
  const { sampler, searchSpace, only, edits, direction, objectives, seed, history } = spec;
  return {
    sampler,
    searchSpace,
    ...(only === undefined ? {} : { only }),
    ...(edits === undefined ? {} : { edits }),
    direction,
    ...(objectives === undefined ? {} : { objectives }),
    seed,
    ...(history === undefined ? {} : { history }),
  };
}
