/** Which actions a study allows; the window offers no others. Pure. */
import { trainsInParts } from '../../core/samplers/in-parts.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';

/**
 * Returns whether the best trials can be repeated on fresh seeds: they have seeds, there is a best
 * trial, and the study does not fix its seeds, is not a confirmation and evaluates each trial as a
 * whole.
 */
export function canConfirm({
  uid,
  best,
  confirms,
  searched,
  statesSeed,
  deleted,
}: Pick<StudyHead, 'uid' | 'best' | 'confirms' | 'searched' | 'statesSeed' | 'deleted'>): boolean {
  if (deleted || uid === null || best === null || confirms !== null || searched === null)
    return false;
  // A trial of population-based training has no parameters that hold from its first epoch on.
  if (trainsInParts(searched.sampler)) return false;
  return statesSeed && searched.objective['seed'] === undefined;
}

/** Returns whether trials can be added; the trials of a confirmation are fixed. */
export function canGoOn({
  uid,
  confirms,
  deleted,
}: Pick<StudyHead, 'uid' | 'confirms' | 'deleted'>): boolean {
  return uid !== null && confirms === null && !deleted;
}

/** Returns whether the search can be edited; the trials of a confirmation are fixed. */
export function canEditSearch({
  confirms,
  searched,
}: Pick<StudyHead, 'confirms' | 'searched'>): boolean {
  return confirms === null && searched !== null;
}

/** Returns whether the study can be deleted: only when it does not run. */
export function canDelete({
  uid,
  state,
  deleted,
}: Pick<StudyHead, 'uid' | 'state' | 'deleted'>): boolean {
  return uid !== null && !deleted && (state === 'paused' || state === 'finished');
}
