/**
 * Attempts that one worker holds, as its beats and the host's tasks tell: how many run, and how
 * many wait behind them in the worker. The host sends a cohort ahead, so that a worker is never
 * idle.
 */
import type { AttemptId } from '../../core/scheduling/index.ts';
import type { Beat, CohortMessage } from '../../protocol/worker-messages.ts';

export interface HeldCounts {
  readonly running: number;
  readonly waiting: number;
}

interface Sent {
  readonly cohort: string;
  readonly sideBySide: boolean;
}

export class HeldTrials {
  /** Attempts that were sent and are not known to have left the worker. */
  readonly #sent = new Map<string, Sent>();
  /** Attempts whose result has passed and was not acknowledged. */
  readonly #finished = new Set<string>();
  /** In the order in which the worker accepted them. */
  #holding: readonly AttemptId[] = [];
  #reporting: ReadonlySet<string> = new Set();

  /** @param sideBySide whether cohorts of the study run beside each other */
  sent({ cohort, lanes }: Pick<CohortMessage, 'cohort' | 'lanes'>, sideBySide: boolean): void {
    for (const { attempt } of lanes) this.#sent.set(keyOf(attempt), { cohort, sideBySide });
  }

  finished(attempt: AttemptId): void {
    this.#finished.add(keyOf(attempt));
  }

  /** @param sent highest task number sent in the session of the beat */
  beat(
    { holding, progress, taskSeq }: Pick<Beat, 'holding' | 'progress' | 'taskSeq'>,
    sent: number,
  ): void {
    this.#holding = holding;
    this.#reporting = new Set(progress.map(({ attempt }) => keyOf(attempt)));
    const held = new Set(holding.map(keyOf));
    for (const key of this.#finished) if (!held.has(key)) this.#finished.delete(key);
    // A cohort that is on its way is in no beat yet.
    if (taskSeq < sent) return;
    for (const key of this.#sent.keys()) if (!held.has(key)) this.#sent.delete(key);
  }

  clear(): void {
    this.#sent.clear();
    this.#finished.clear();
    this.#holding = [];
    this.#reporting = new Set();
  }

  /**
   * Counts as running the first cohort in the order of acceptance, with those of its study up to
   * another study's if they run side by side, and attempts of others that report progress.
   */
  get counts(): HeldCounts {
    const unfinished = this.#holding.filter((attempt) => !this.#finished.has(keyOf(attempt)));
    const [first] = unfinished;
    if (first === undefined) return { running: 0, waiting: 0 };
    const known = this.#sent.get(keyOf(first));
    const other = unfinished.findIndex(({ study }) => study !== first.study);
    const beside = known?.sideBySide !== true ? 1 : other < 0 ? unfinished.length : other;
    const running = unfinished.filter((attempt, i) => {
      const key = keyOf(attempt);
      const isOfFirst = known !== undefined && this.#sent.get(key)?.cohort === known.cohort;
      return i < beside || isOfFirst || this.#reporting.has(key);
    }).length;
    return { running, waiting: unfinished.length - running };
  }
}

function keyOf({ study, number, attemptNumber }: AttemptId): string {
  return `${study}/${number}/${attemptNumber}`;
}
