/**
 * Numbers of an evaluation that another evaluation of the same trial must give as well: the value,
 * or the metrics of all objectives and constraints; of a trial that was stopped early, its reports
 * up to that step. Metrics that measure time differ by machine and are not compared.
 */
import { measuredMetrics } from '../study/objectives.ts';
import { arithmeticOf } from './audit-arithmetic.ts';
import type { AttemptResult, Evaluation, Report } from './events.ts';
import type { LabState, Study } from './state.ts';
import type { SlotName } from './words.ts';

interface Evaluated {
  readonly outcome: 'succeeded' | 'diverged' | 'pruned';
  readonly result: AttemptResult;
  /** Last step whose report is compared; null: the trial was not stopped early. */
  readonly until: number | null;
}

/** Returns null if there is nothing to compare. */
export function evaluationOf(
  lab: LabState,
  study: Study,
  slot: SlotName,
  { outcome, result, until }: Evaluated,
): Evaluation | null {
  const { spec, columns } = study;
  const arithmetic = arithmeticOf(lab, slot, result.executor);
  if (until !== null) {
    const reports = reportsOf(result, until);
    const last = reports.at(-1);
    if (last?.step === until) {
      const figures = Object.fromEntries(
        reports.map(({ step, value }) => [`epoch ${step + 1}`, value]),
      );
      // A worker of an earlier release does not tell what trained a trial that it stopped.
      const known = arithmetic.known && result.executor !== undefined;
      return { value: last.value, figures, arithmetic: { ...arithmetic, known } };
    }
  }
  if (outcome === 'diverged') return { value: columns.worst, figures: null, arithmetic };
  if (until !== null || outcome === 'pruned') return null;
  if (spec.objectives === undefined) {
    const { value = NaN } = result;
    return { value, figures: { value }, arithmetic };
  }
  const measured = measuredMetrics(spec, result);
  const timings = lab.options.timingsOf(spec);
  const figures = Object.fromEntries([...measured].filter(([name]) => !timings.includes(name)));
  const value = measured.get(spec.objectives[0]?.metric ?? '') ?? NaN;
  return Object.keys(figures).length === 0 ? null : { value, figures, arithmetic };
}

/** Returns the result's reports up to a step, in ascending order. */
export function reportsOf({ reports = [] }: AttemptResult, until: number): Report[] {
  return reports.filter(({ step }) => step <= until).sort((a, b) => a.step - b.step);
}
