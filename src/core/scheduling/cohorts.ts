/**
 * Credit of a cohort: spent when it is sent, returned when its last attempt is settled. No message
 * carries it, so none can be lost.
 */
import type { Attempt, Cohort, LabState, Slot, Study } from './state.ts';
import { watchLimit } from './time-limits.ts';

/** Releases one attempt; the last one returns the credit and lets the slot's next cohort begin. */
export function releaseFrom(lab: LabState, cohort: Cohort): void {
  cohort.unsettled -= 1;
  if (cohort.unsettled > 0) return;
  const { slot } = cohort;
  const at = slot.cohorts.indexOf(cohort);
  if (at >= 0) slot.cohorts.splice(at, 1);
  if (at === 0) beginFirst(lab, slot);
  lab.free.refresh(slot);
}

/** Assigns attempts to a slot as one cohort. */
export function addCohort(
  lab: LabState,
  slot: Slot,
  study: Study,
  attempts: readonly Attempt[],
  { id, taskSeq, kept }: { id: string; taskSeq: number; kept: boolean },
): Cohort {
  const cohort: Cohort = {
    id,
    study,
    slot,
    attempts,
    shape: attempts[0]?.trial.shapeKey ?? null,
    unsettled: attempts.length,
    taskSeq,
    kept,
    sentAt: lab.now,
    sentOnLeaseClock: lab.now - lab.stalledMs,
    startedAt: lab.options.sideBySide(study.spec) ? lab.now : null,
    missed: 0,
    missedAt: 0,
  };
  for (const attempt of attempts) attempt.cohort = cohort;
  slot.cohorts.push(cohort);
  if (slot.cohorts.length === 1) beginFirst(lab, slot);
  lab.free.refresh(slot);
  return cohort;
}

/**
 * Marks the slot's first cohort as running from now on, and starts its time limit if the study has
 * one.
 */
function beginFirst(lab: LabState, slot: Slot): void {
  const first = slot.cohorts[0];
  if (first === undefined) return;
  first.startedAt ??= lab.now;
  watchLimit(lab, slot);
}
