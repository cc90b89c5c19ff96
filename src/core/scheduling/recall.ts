/**
 * Taking attempts back from their workers: recalled while the trial may still end by them, revoked
 * where it has ended.
 */
import { moveAttempt } from './attempts.ts';
import type { Attempt, LabState, Study } from './state.ts';
import { tell } from './story.ts';
import { sendCancel, writeAttemptEnd } from './trials.ts';
import type { AttemptOutcome } from './words.ts';

/** A success already under way still counts. */
export function recall(lab: LabState, attempt: Attempt, reason: string): void {
  moveAttempt(lab, attempt, 'recalled');
  tell(lab, attempt.trial, `attempt ${attempt.id.k} recalled (${reason})`);
  sendCancel(lab, attempt, reason);
}

/** All open attempts of the study from this number on. */
export function recallFrom(lab: LabState, study: Study, number: number, reason: string): void {
  for (const trial of study.open.values()) {
    if (trial.number >= number && trial.attempt?.state === 'open')
      recall(lab, trial.attempt, reason);
  }
}

/**
 * For a live attempt of a trial that ends without it. One in a worker's hands keeps its credit
 * spent until it answers.
 * @param outcome what is written of it
 */
export function revoke(
  lab: LabState,
  attempt: Attempt,
  outcome: AttemptOutcome,
  reason: string,
): void {
  writeAttemptEnd(lab, attempt, outcome, null, reason);
  if (attempt.state === 'orphaned') {
    moveAttempt(lab, attempt, 'cancelled');
    return;
  }
  moveAttempt(lab, attempt, 'revoked');
  sendCancel(lab, attempt, reason);
}
