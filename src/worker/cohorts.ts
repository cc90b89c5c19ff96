/**
 * Runs cohorts in order of arrival, one at a time or, of some studies, side by side; each lane can
 * be stopped on its own. Does not know what a lane computes.
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

/** A running cohort. */
interface Running {
  progress: Progress | null;
}

export class Cohorts {
  readonly #run: RunLanes;
  readonly #listener: CohortsListener;
  readonly #waiting: QueuedCohort[] = [];
  readonly #running = new Map<
    string,
    { readonly attempt: AttemptId; readonly stop: AbortController; readonly of: Running }
  >();
  /** Cohorts that run side by side, all of one study. */
  readonly #beside = new Map<Promise<void>, string>();
  /** Ends the wait for a cohort beside the running ones; null: none is waited for. */
  #arrived: (() => void) | null = null;
  /** Resolves when everything queued and running has ended; null: idle. */
  #work: Promise<void> | null = null;
  readonly #halted = new AbortController();
  readonly #gate: Gate;
  readonly #sideBySide: (study: StudyMessage) => boolean;

  /**
   * @param gate cohorts start only while it is open
   * @param sideBySide whether cohorts of the study run beside each other
   */
  constructor(
    run: RunLanes,
    listener: CohortsListener,
    gate = new Gate(),
    sideBySide: (study: StudyMessage) => boolean = () => false,
  ) {
    this.#run = run;
    this.#listener = listener;
    this.#gate = gate;
    this.#sideBySide = sideBySide;
  }

  add(cohort: QueuedCohort): void {
    this.#waiting.push(cohort);
    this.#arrived?.();
    this.#work ??= this.#startWork();
  }

  /** Progress of the running attempts that have reported it. */
  get progress(): readonly (Progress & { readonly attempt: AttemptId })[] {
    return [...this.#running.values()].flatMap(({ attempt, of: { progress } }) =>
      progress === null || progress.steps === 0
        ? []
        : [{ attempt, step: progress.step, steps: progress.steps }],
    );
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
      if (this.#halted.signal.aborted) break;
      const next = this.#waiting[0];
      const [study] = this.#beside.values();
      const joins = next !== undefined && this.#sideBySide(next.study);
      if (study !== undefined && !(joins && next.study.study === study)) {
        const arrived = new Promise<void>((resolve) => (this.#arrived = resolve));
        await Promise.race([...this.#beside.keys(), ...(next === undefined ? [arrived] : [])]);
        this.#arrived = null;
        continue;
      }
      const cohort = this.#waiting.shift();
      if (cohort === undefined) break;
      const lanes = cohort.lanes
        .filter(({ attempt }) => this.#listener.mayStart(attempt))
        .map((lane) => ({ ...lane, stop: new AbortController() }));
      if (lanes.length === 0) continue;
      const run = this.#runOne(cohort, lanes);
      if (!joins) await run;
      else {
        this.#beside.set(run, cohort.study.study);
        void run.finally(() => this.#beside.delete(run));
      }
    }
    await Promise.all(this.#beside.keys());
    this.#work = null;
  }

  async #runOne(
    { study, shape, deadlineMs }: QueuedCohort,
    lanes: readonly (QueuedCohort['lanes'][number] & { readonly stop: AbortController })[],
  ): Promise<void> {
    const of: Running = { progress: null };
    for (const { attempt, stop } of lanes) this.#running.set(keyOf(attempt), { attempt, stop, of });
    const over = new AbortController();
    if (deadlineMs !== null) {
      const stops = lanes.map(({ stop }) => stop);
      void this.#endAfter(deadlineMs, over.signal, stops);
    }
    const requests = lanes.map(({ stop, ...lane }) => ({ ...lane, signal: stop.signal }));
    const end = (lane: number, result: AttemptResult): void => {
      const attempt = lanes[lane]?.attempt;
      if (attempt !== undefined && this.#running.delete(keyOf(attempt)))
        this.#listener.ended(attempt, result);
    };
    const listener: LanesListener<Report, AttemptResult> = {
      progress: (progress) => {
        of.progress = progress;
      },
      report: (lane, report) => {
        const attempt = lanes[lane]?.attempt;
        if (attempt !== undefined) this.#listener.reported(attempt, report);
      },
      ended: end,
    };
    const results = await this.#run(study, requests, listener, shape);
    // Without a reason, a DOMException with its stack would be made.
    over.abort('over');
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
  async #endAfter(
    deadlineMs: number,
    over: AbortSignal,
    stops: readonly AbortController[],
  ): Promise<void> {
    await this.#gate.elapsed(deadlineMs, over);
    if (!over.aborted) for (const stop of stops) stop.abort('timedOut');
  }
}
