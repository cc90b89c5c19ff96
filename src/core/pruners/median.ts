/**
 * Stops a trial whose best report so far is worse than a percentile, by default the median, of the
 * reports of complete trials at the same step: Optuna's percentile pruner.
 */
import { signOf } from './pruner.ts';
import type { PrunedTrials, Pruner } from './pruner.ts';
import { quantile, SortedSamples } from './sorted-samples.ts';

export interface MedianSettings {
  /** Number of complete trials before any is stopped. */
  readonly startup: number;
  /** Number of epochs in which no trial is stopped. */
  readonly warmup: number;
  /** Number of epochs from one decision to the next. */
  readonly interval: number;
  /** Percentile that a trial must reach, 0 … 100: 25 keeps the best quarter. */
  readonly percentile: number;
}

export function median(settings: MedianSettings): Pruner {
  const reported = new SortedSamples((trials, number, step) => {
    if (trials.state(number) !== 'complete') return null;
    const report = trials.reports.latest(number, step);
    return report?.step === step && !Number.isNaN(report.value)
      ? signOf(trials) * report.value
      : null;
  });
  const complete = new SortedSamples((trials, number) =>
    trials.state(number) === 'complete' ? 0 : null,
  );
  return {
    name: 'median',
    stops: (trials, number) => {
      const last = trials.reports.last(number);
      const finished = complete.at(trials, 0).length;
      if (last === null || finished === 0 || finished < settings.startup) return false;
      if (!isDue(trials, number, last.step, settings)) return false;
      let best = Infinity;
      for (const { value } of trials.reports.of(number))
        if (!Number.isNaN(value)) best = Math.min(best, signOf(trials) * value);
      return best > quantile(reported.at(trials, last.step), settings.percentile / 100);
    },
  };
}

/** Returns whether the step is the trial's first report since the last one to decide at. */
function isDue(
  { reports }: PrunedTrials,
  number: number,
  step: number,
  { warmup, interval }: MedianSettings,
): boolean {
  if (step < warmup) return false;
  const due = Math.floor((step - warmup) / interval) * interval + warmup;
  const count = reports.count(number);
  const before = count < 2 ? -1 : reports.at(number, count - 2).step;
  return before < due;
}
