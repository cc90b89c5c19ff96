/** A trial whose last live attempt ended without ending it: it waits again, or ends as pruned. */
import type { Attempt, LabState, OpenTrial } from './state.ts';
import { show, write } from './step-output.ts';
import { endTrial } from './trial-end.ts';
import { enqueue, moveTrial } from './trials.ts';
import type { AttemptOutcome } from './words.ts';

/**
 * Returns the trial of a settled attempt to waiting until `notBefore`; writes its counters, drops
 * its reports. Ends it as pruned instead if a pruner has stopped it. Has no effect while another
 * attempt of the trial lives.
 */
export function goBack(lab: LabState, attempt: Attempt, notBefore = lab.now): void {
  const { trial } = attempt;
  if (trial.live.length > 0) return;
  if (trial.verdict !== null) {
    endPruned(lab, attempt);
    return;
  }
  moveTrial(lab, trial, 'waiting');
  trial.notBefore = notBefore;
  writeBack(lab, trial);
  enqueue(lab, trial);
}

/**
 * Writes the counters of a waiting trial, and drops the reports that its next attempt replaces: all
 * after its last checkpoint.
 */
export function writeBack(lab: LabState, trial: OpenTrial): void {
  const { study, number, crashes, deaths, memoryFailures, laneCap, checkpoint } = trial;
  const { reports } = study.columns;
  const kept = checkpoint === 0 ? [] : reports.of(number).filter(({ step }) => step < checkpoint);
  reports.drop(number);
  reports.addAll(number, kept);
  const counters = { crashes, deaths, memoryFailures, laneCap };
  write(lab, {
    op: 'trialBack',
    uid: study.uid,
    number,
    ...counters,
    ...(checkpoint === 0 ? {} : { checkpoint }),
  });
}

/** Ends a trial that a pruner has stopped, with the value of its last report. */
export function endPruned(lab: LabState, attempt: Attempt): void {
  const { trial } = attempt;
  const value = trial.study.columns.reports.last(trial.number)?.value ?? NaN;
  endTrial(lab, trial, { state: 'pruned', outcome: 'pruned', value, attempt, result: null });
}

/**
 * Reports to the user that the trial returned to waiting because of the outcome, or that only this
 * attempt of it ended. The end of a trial is reported by itself.
 */
export function showBack(
  lab: LabState,
  attempt: Attempt,
  outcome: AttemptOutcome,
  detail: string | null,
): void {
  const { state, live, number, study } = attempt.trial;
  if (state !== 'waiting' && state !== 'running') return;
  const end = { attempt: attempt.id, outcome, slot: attempt.slot, detail };
  if (live.length > 0) show(lab, study, { kind: 'attemptEnded', ...end });
  else show(lab, study, { kind: 'trialBack', ...end, kept: study.columns.reports.of(number) });
}
