/**
 * Stops a trial that has not improved for a number of reports: Optuna's patient pruner without an
 * inner pruner. Compares a trial with itself only.
 */
import { signOf } from './pruner.ts';
import type { Pruner } from './pruner.ts';

export interface PatientSettings {
  /** Number of reports without an improvement that a trial is granted. */
  readonly patience: number;
  /** How much worse than its earlier best a trial may be in these reports; Optuna's `min_delta`. */
  readonly delta: number;
}

export function patient({ patience, delta }: PatientSettings): Pruner {
  return {
    name: 'patient',
    stops: (trials, number) => {
      const values = trials.reports.of(number).map(({ value }) => signOf(trials) * value);
      const before = values.length - patience - 1;
      if (before < 1) return false;
      return Math.min(...values.slice(0, before)) + delta < Math.min(...values.slice(before));
    },
  };
}
