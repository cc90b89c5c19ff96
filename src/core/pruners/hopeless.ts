/**
 * Stops a trial that even the gain of the luckiest tenth of the finished trials could not make the
 * best: v + Q(gains) is worse than the best finished value, where v is its value now and Q a low
 * quantile of the gains from its step on. Decides nothing before `finished` trials ran to the end,
 * nor in the first tenth of a training. Ties go on.
 */
import { Gains } from './gains.ts';
import { isFinished, signOf } from './pruner.ts';
import type { PrunedTrials, Pruner, Reporting } from './pruner.ts';
import { quantile } from './sorted-samples.ts';

export interface HopelessSettings {
  /** Number of finished trials before any is stopped. */
  readonly finished: number;
  /** Share of a training in which no trial is stopped. */
  readonly warmup: number;
  /** Quantile of the gains that a trial is granted. */
  readonly quantile: number;
}

export function hopeless(reporting: Reporting, settings: HopelessSettings): Pruner {
  const gains = new Gains(reporting);
  const best = new BestFinished();
  return {
    name: 'hopeless',
    stops: (trials, number) => {
      const last = trials.reports.last(number);
      const { length } = reporting;
      if (last === null || length === null) return false;
      const epochs = last.step + 1;
      if (epochs < Math.max(1, Math.floor(length * settings.warmup)) || epochs >= length)
        return false;
      const now = gains.worth(trials, number, last.step) ?? NaN;
      if (!Number.isFinite(now)) return true;
      const granted = gains.at(trials, last.step);
      if (granted.length < settings.finished) return false;
      return now + quantile(granted, settings.quantile) > best.of(trials);
    },
  };
}

/** The best value of the finished trials, to be minimized; ∞: there is none. */
class BestFinished {
  #read = 0;
  #best = Infinity;

  of(trials: PrunedTrials): number {
    for (; this.#read < trials.ended; this.#read++) {
      const number = trials.completion(this.#read);
      if (isFinished(trials, number))
        this.#best = Math.min(this.#best, signOf(trials) * trials.value(number));
    }
    return this.#best;
  }
}
