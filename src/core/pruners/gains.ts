/**
 * Gains of finished trials: by how much the value of each still changed from a step to its end.
 * They bound the value that a running trial may reach, and predict that of a stopped one.
 */
import { isFinished, signOf } from './pruner.ts';
import type { PrunedTrials, Reporting } from './pruner.ts';
import { quantile, SortedSamples } from './sorted-samples.ts';

export class Gains {
  readonly #reporting: Reporting;
  readonly #samples: SortedSamples;

  constructor(reporting: Reporting) {
    this.#reporting = reporting;
    this.#samples = new SortedSamples((trials, number, step) => this.#gainOf(trials, number, step));
  }

  /** Returns the gains from a step on in ascending order, values to be minimized. */
  at(trials: PrunedTrials, step: number): readonly number[] {
    return this.#samples.at(trials, step);
  }

  /**
   * Returns what the trial would be worth, to be minimized, if it ended at this step; null: it has
   * not reported by then.
   */
  worth(trials: PrunedTrials, number: number, step: number): number | null {
    const { reports } = trials;
    const sign = signOf(trials);
    if (this.#reporting.keeps === 'last') {
      const latest = reports.latest(number, step);
      return latest === null ? null : sign * latest.value;
    }
    let best: number | null = null;
    for (const report of reports.of(number)) {
      if (report.step > step) break;
      best = Math.min(best ?? Infinity, sign * report.value);
    }
    return best;
  }

  /**
   * Returns the value that a trial would probably have reached, in the study's direction: its value
   * at its last report, plus the median gain from there on. Null: it has no reports.
   */
  expected(trials: PrunedTrials, number: number): number | null {
    const last = trials.reports.last(number);
    const now = last === null ? null : this.worth(trials, number, last.step);
    if (last === null || now === null) return null;
    const gains = this.at(trials, last.step);
    const value = gains.length === 0 ? now : now + quantile(gains, 0.5);
    return signOf(trials) * value;
  }

  #gainOf(trials: PrunedTrials, number: number, step: number): number | null {
    if (!isFinished(trials, number)) return null;
    const { length } = this.#reporting;
    const last = trials.reports.last(number);
    if (last === null || (length !== null && last.step !== length - 1)) return null;
    const then = this.worth(trials, number, step);
    return then === null ? null : signOf(trials) * trials.value(number) - then;
  }
}
