/** What can be done with a study: only that is offered, wherever it is offered. Pure. */
import type { StudyHead } from '../../protocol/window/study-stream.ts';

/**
 * Training its best again on fresh seeds: it trains, has a best, and says its seeds neither itself
 * nor for another.
 */
export function canConfirm({
  uid,
  best,
  confirms,
  searched,
  deleted,
}: Pick<StudyHead, 'uid' | 'best' | 'confirms' | 'searched' | 'deleted'>): boolean {
  if (deleted || uid === null || best === null || confirms !== null || searched === null)
    return false;
  return searched.objective.kind === 'train' && searched.objective['seed'] === undefined;
}

/** More trials: those of one that confirms another are given. */
export function canGoOn({
  uid,
  confirms,
  deleted,
}: Pick<StudyHead, 'uid' | 'confirms' | 'deleted'>): boolean {
  return uid !== null && confirms === null && !deleted;
}

/** Deletion: only what does not run. */
export function canDelete({
  uid,
  state,
  deleted,
}: Pick<StudyHead, 'uid' | 'state' | 'deleted'>): boolean {
  return uid !== null && !deleted && (state === 'paused' || state === 'finished');
}
