/**
 * Stops a trial whose reports are significantly worse than those of the best trial at the same
 * steps: Optuna's Wilcoxon pruner. For objectives that evaluate one thing after another (folds,
 * problems, seeds), where the order of the steps means nothing.
 */
import { isFinished, signOf } from './pruner.ts';
import type { PrunedTrials, Pruner } from './pruner.ts';
import { signedRankGreater } from './signed-rank.ts';

export interface WilcoxonSettings {
  /** Probability below which a difference is not chance. */
  readonly p: number;
  /** Number of reports before a trial is stopped. */
  readonly startup: number;
}

export function wilcoxon({ p, startup }: WilcoxonSettings): Pruner {
  let read = 0;
  let best: number | null = null;
  const bestOf = (trials: PrunedTrials): number | null => {
    const sign = signOf(trials);
    for (; read < trials.ended; read++) {
      const number = trials.completion(read);
      if (!isFinished(trials, number)) continue;
      const [value, record] = [
        sign * trials.value(number),
        best === null ? Infinity : sign * trials.value(best),
      ];
      if (value < record || (value === record && number < (best ?? Infinity))) best = number;
    }
    return best;
  };
  return {
    name: 'wilcoxon',
    stops: (trials, number) => {
      const champion = bestOf(trials);
      if (champion === null) return false;
      const sign = signOf(trials);
      const [own, theirs] = [trials.reports.of(number), trials.reports.of(champion)];
      const values = new Map(theirs.map(({ step, value }) => [step, sign * value]));
      const differences: number[] = [];
      for (const { step, value } of own) {
        const other = values.get(step);
        if (other !== undefined) differences.push(sign * value - other);
      }
      if (differences.length < Math.max(2, startup)) return false;
      // A trial with the better mean is never stopped, whatever the order of its reports.
      if (mean(theirs, sign) >= mean(own, sign)) return false;
      return signedRankGreater(differences) < p;
    },
  };
}

function mean(reports: readonly { readonly value: number }[], sign: number): number {
  return (sign * reports.reduce((sum, { value }) => sum + value, 0)) / reports.length;
}
