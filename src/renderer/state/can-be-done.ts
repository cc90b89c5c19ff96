/** Which actions a study allows; the window offers no others. Pure. */
import { trainsInParts, trialsInParts } from '../../core/samplers/in-parts.ts';
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

/**
 * Returns whether trials can be added; the trials of a confirmation are fixed, and a population ends
 * with the training of its members.
 */
export function canGoOn({
  uid,
  confirms,
  deleted,
  searched,
  limits,
}: Pick<StudyHead, 'uid' | 'confirms' | 'deleted' | 'searched' | 'limits'>): boolean {
  if (uid === null || confirms !== null || deleted) return false;
  const most = searched === null ? null : trialsInParts(searched.sampler);
  return most === null || limits.trials === null || limits.trials < most;
}

/** Returns whether a study of one trial repeats it: not where it goes on from another's checkpoint. */
export function canRunAgain({ uid, searched }: Pick<StudyHead, 'uid' | 'searched'>): boolean {
  return uid !== null && searched !== null && !trainsInParts(searched.sampler);
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
