/**
 * Takes attempts back from their workers: recalled while the trial may still end by them, revoked
 * when it has ended.
 */
import { moveAttempt } from './attempts.ts';
import { takeBackAudit } from './audits.ts';
import type { Attempt, LabState, Slot, Study } from './state.ts';
import { show } from './step-output.ts';
import { record } from './story.ts';
import { sendCancel, writeAttemptEnd } from './trials.ts';
import type { AttemptOutcome } from './words.ts';

/** A success that is already under way still counts. */
export function recall(lab: LabState, attempt: Attempt, reason: string): void {
  moveAttempt(lab, attempt, 'recalled');
  record(lab, attempt.trial, `attempt ${attempt.id.attemptNumber} recalled (${reason})`);
  sendCancel(lab, attempt, reason);
}

/** Recalls all open attempts of the study from this trial number on. */
export function recallFrom(lab: LabState, study: Study, number: number, reason: string): void {
  for (const trial of study.open.values()) {
    if (trial.number < number) continue;
    for (const attempt of trial.live) if (attempt.state === 'open') recall(lab, attempt, reason);
  }
}

/** Recalls all open attempts of the slot. */
export function recallAll(lab: LabState, slot: Slot, reason: string): void {
  for (const { attempts } of [...slot.cohorts]) {
    for (const attempt of attempts) {
      if (attempt.state !== 'open') continue;
      if (attempt.audit === null) recall(lab, attempt, reason);
      else takeBackAudit(lab, attempt, reason);
    }
  }
}

/**
 * Ends a live attempt of a trial that ends without it. An outstanding one keeps its credit spent
 * until its worker answers.
 * @param outcome written for the attempt and shown
 */
export function revoke(
  lab: LabState,
  attempt: Attempt,
  outcome: AttemptOutcome,
  reason: string,
): void {
  const { id, slot, trial } = attempt;
  writeAttemptEnd(lab, attempt, outcome, null, reason);
  show(lab, trial.study, { kind: 'attemptEnded', attempt: id, outcome, slot, detail: reason });
  if (attempt.state === 'orphaned') {
    moveAttempt(lab, attempt, 'cancelled');
    return;
  }
  moveAttempt(lab, attempt, 'revoked');
  sendCancel(lab, attempt, reason);
}
