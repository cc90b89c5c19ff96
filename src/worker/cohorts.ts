/**
 * Runs cohorts one at a time, in order of arrival; each lane can be stopped on its own. Does not
 * know what a lane computes.
 */
import type { LanesListener, Progress } from '../core/lanes-listener.ts';
import type { AttemptId, AttemptResult, Report } from '../core/scheduling/index.ts';
import type { EvaluatedLane, StopReason } from '../objectives/evaluate.ts';
import type { StudyMessage } from '../protocol/worker-messages.ts';
import { Gate } from '../runtime/gate.ts';
import { keyOf } from './holding.ts';

/** Runs lanes and returns their outcomes in the lanes' order. Never rejects. */
export type RunLanes = (
  study: StudyMessage,
  lanes: readonly EvaluatedLane[],
  listener: LanesListener<Report, AttemptResult>,
  shape?: string,
) => Promise<readonly AttemptResult[]>;

/** Receives events of attempts. */
export interface CohortsListener {
  /**
   * Returns whether an attempt may start; called just before its lane starts, since it may have
   * been cancelled meanwhile.
   */
  mayStart(attempt: AttemptId): boolean;
  reported(attempt: AttemptId, report: Report): void;
  ended(attempt: AttemptId, result: AttemptResult): void;
}

export interface QueuedCohort {
  readonly study: StudyMessage;
  /** Shape key that all lanes share; undefined: they need not share one. */
  readonly shape?: string | undefined;
  readonly lanes: readonly Omit<EvaluatedLane, 'signal'>[];
  /** Time limit in milliseconds from its start, without the time it waited; null: none. */
  readonly deadlineMs: number | null;
}

export class Cohorts {
  readonly #run: RunLanes;
  readonly #listener: CohortsListener;
  readonly #waiting: QueuedCohort[] = [];
  readonly #running = new Map<
    string,
    { readonly attempt: AttemptId; readonly stop: AbortController }
  >();
  #progress: Progress | null = null;
  /** Resolves when everything queued and running has ended; null: idle. */
  #work: Promise<void> | null = null;
  readonly #halted = new AbortController();
  readonly #gate: Gate;

  /** @param gate cohorts start only while it is open */
  constructor(run: RunLanes, listener: CohortsListener, gate = new Gate()) {
    this.#run = run;
    this.#listener = listener;
    this.#gate = gate;
  }

  add(cohort: QueuedCohort): void {
    this.#waiting.push(cohort);
    this.#work ??= this.#startWork();
  }

  /** Progress of the running attempts that have reported it. */
  get progress(): readonly (Progress & { readonly attempt: AttemptId })[] {
    const { step, steps } = this.#progress ?? { step: 0, steps: 0 };
    return steps === 0
      ? []
      : [...this.#running.values()].map(({ attempt }) => ({ attempt, step, steps }));
  }

  stop(attempt: AttemptId, reason: StopReason): void {
    this.#running.get(keyOf(attempt))?.stop.abort(reason);
  }

  /** Stops running lanes and starts no more. Resolves when they have stopped. */
  async halt(reason: StopReason): Promise<void> {
    this.#halted.abort();
    this.#stopAll(reason);
    await this.#work;
  }

  #stopAll(reason: StopReason): void {
    for (const { stop } of this.#running.values()) stop.abort(reason);
  }

  async #startWork(): Promise<void> {
    // Ensures that this ends after `#work` was set, even if no lane may start.
    await Promise.resolve();
    for (;;) {
      if (!this.#gate.isOpen) await this.#gate.opened([this.#halted.signal]);
      const cohort = this.#waiting.shift();
      if (cohort === undefined || this.#halted.signal.aborted) break;
      const lanes = cohort.lanes
        .filter(({ attempt }) => this.#listener.mayStart(attempt))
        .map((lane) => ({ ...lane, stop: new AbortController() }));
      if (lanes.length > 0) await this.#runOne(cohort, lanes);
    }
    this.#work = null;
  }

  async #runOne(
    { study, shape, deadlineMs }: QueuedCohort,
    lanes: readonly (QueuedCohort['lanes'][number] & { readonly stop: AbortController })[],
  ): Promise<void> {
    for (const { attempt, stop } of lanes) this.#running.set(keyOf(attempt), { attempt, stop });
    const over = new AbortController();
    if (deadlineMs !== null) void this.#endAfter(deadlineMs, over.signal);
    const requests = lanes.map(({ stop, ...lane }) => ({ ...lane, signal: stop.signal }));
    const end = (lane: number, result: AttemptResult): void => {
      const attempt = lanes[lane]?.attempt;
      if (attempt !== undefined && this.#running.delete(keyOf(attempt)))
        this.#listener.ended(attempt, result);
    };
    const listener: LanesListener<Report, AttemptResult> = {
      progress: (progress) => {
        this.#progress = progress;
      },
      report: (lane, report) => {
        const attempt = lanes[lane]?.attempt;
        if (attempt !== undefined) this.#listener.reported(attempt, report);
      },
      ended: end,
    };
    const results = await this.#run(study, requests, listener, shape);
    over.abort();
    this.#progress = null;
    for (const lane of lanes.keys())
      end(
        lane,
        results[lane] ?? {
          outcome: 'crashed',
          error: 'the objective gave fewer results than it was given lanes',
          ms: 0,
        },
      );
  }

  /** @param over aborted when the cohort has ended */
  async #endAfter(deadlineMs: number, over: AbortSignal): Promise<void> {
    await this.#gate.elapsed(deadlineMs, over);
    if (!over.aborted) this.#stopAll('timedOut');
  }
}
