/**
 * Attempts that one worker holds, as its beats and the host's tasks tell: how many run, and how many
 * wait behind them in the worker. The host sends a cohort ahead, so that a worker is never idle.
 */
import type { AttemptId } from '../../core/scheduling/index.ts';
import type { Beat, CohortMessage } from '../../protocol/worker-messages.ts';

export interface HeldCounts {
  readonly running: number;
  readonly waiting: number;
}

export class HeldTrials {
  /** Cohort of each attempt that was sent and is not known to have left the worker. */
  readonly #cohorts = new Map<string, string>();
  /** Attempts whose result has passed and was not acknowledged. */
  readonly #finished = new Set<string>();
  #holding: readonly string[] = [];
  #reporting: ReadonlySet<string> = new Set();

  sent({ cohort, lanes }: Pick<CohortMessage, 'cohort' | 'lanes'>): void {
    for (const { attempt } of lanes) this.#cohorts.set(keyOf(attempt), cohort);
  }

  finished(attempt: AttemptId): void {
    this.#finished.add(keyOf(attempt));
  }

  /** @param sent highest task number sent in the session of the beat */
  beat(
    { holding, progress, taskSeq }: Pick<Beat, 'holding' | 'progress' | 'taskSeq'>,
    sent: number,
  ): void {
    this.#holding = holding.map(keyOf);
    this.#reporting = new Set(progress.map(({ attempt }) => keyOf(attempt)));
    const held = new Set(this.#holding);
    for (const key of this.#finished) if (!held.has(key)) this.#finished.delete(key);
    // A cohort that is on its way is in no beat yet.
    if (taskSeq < sent) return;
    for (const key of this.#cohorts.keys()) if (!held.has(key)) this.#cohorts.delete(key);
  }

  clear(): void {
    this.#cohorts.clear();
    this.#finished.clear();
    this.#holding = [];
    this.#reporting = new Set();
  }

  /**
   * Counts as running the first cohort in the order of acceptance, and attempts of others that
   * report progress, because programs may run side by side.
   */
  get counts(): HeldCounts {
    const unfinished = this.#holding.filter((key) => !this.#finished.has(key));
    const [first] = unfinished;
    const cohort = first === undefined ? undefined : this.#cohorts.get(first);
    const running = unfinished.filter(
      (key) =>
        key === first ||
        (cohort !== undefined && this.#cohorts.get(key) === cohort) ||
        this.#reporting.has(key),
    ).length;
    return { running, waiting: unfinished.length - running };
  }
}

function keyOf({ study, number, attemptNumber }: AttemptId): string {
  return `${study}/${number}/${attemptNumber}`;
}
