/**
 * Early stopping: asks a study's pruner after each report and recalls the attempts of a trial that
 * it stops. The verdict is written together with the report, so that a restart does not depend on
 * what the worker heard. From then on the trial never waits again:
 *
 * - a result that was under way counts, because the trial is then complete;
 * - otherwise the trial ends as pruned, with the first end of its last live attempt, whatever that
 *   end is: its worker obeyed, crashed, or was lost.
 *
 * The value that samplers are told is fixed by the verdict.
 */
import { createPruner } from '../pruners/create-pruner.ts';
import { Gains } from '../pruners/gains.ts';
import type { StudySpec } from '../study/study-spec.ts';
import { recall } from './recall.ts';
import type { LabState, OpenTrial, Study, StudyPruning } from './state.ts';
import { write } from './step-output.ts';
import { record } from './story.ts';
import { PRUNED } from './words.ts';

/** @param study the study of this spec; called later, when its trials are needed */
export function createPruning(
  { pruning, seed }: StudySpec,
  study: () => Study,
): StudyPruning | null {
  if (pruning === undefined) return null;
  const { length, keeps } = pruning;
  const pruner = createPruner(pruning.pruner, { length, keeps, seed });
  if (pruner === null) return null;
  return {
    pruner,
    gains: new Gains(pruning),
    length,
    trials: {
      get direction() {
        return study().columns.direction;
      },
      get reports() {
        return study().columns.reports;
      },
      get ended() {
        return study().columns.ended;
      },
      get open() {
        return study().open.keys();
      },
      completion: (i) => study().columns.completion(i),
      state: (number) => study().columns.state(number),
      value: (number) => study().columns.value(number),
    },
  };
}

/** Asks the pruner about a running trial that has just reported. */
export function judge(lab: LabState, trial: OpenTrial): void {
  const { study, number, live, verdict } = trial;
  const { pruning } = study;
  if (pruning === null || verdict !== null || !live.some(({ state }) => state === 'open')) return;
  const last = study.columns.reports.last(number);
  if (last === null || (pruning.length !== null && last.step >= pruning.length - 1)) return;
  if (!pruning.pruner.stops(pruning.trials, number)) return;
  giveVerdict(lab, trial);
  for (const attempt of [...live]) if (attempt.state === 'open') recall(lab, attempt, PRUNED);
}

/** Fixes and writes the value that samplers are told of a trial that is stopped now. */
export function giveVerdict(lab: LabState, trial: OpenTrial): void {
  const { study, number } = trial;
  if (study.pruning === null || trial.verdict !== null) return;
  const { gains, trials, pruner } = study.pruning;
  const last = study.columns.reports.last(number);
  if (last === null) return;
  const likely = gains.expected(trials, number) ?? last.value;
  // JSON keeps no negative zero, and a sum of finite numbers may overflow.
  const expected = Number.isFinite(likely) ? likely + 0 : last.value;
  trial.verdict = { step: last.step, expected };
  write(lab, { op: 'verdict', uid: study.uid, number, verdict: trial.verdict });
  record(
    lab,
    trial,
    `stopped early by ${pruner.name} at step ${last.step} with ${last.value}; ${expected} was expected`,
  );
}
