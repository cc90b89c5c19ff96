/** What can be done with a study: only that is offered, wherever it is offered. Pure. */
import type { StudyHead } from '../../protocol/window/study-stream.ts';

/** Training its best again on fresh seeds: it trains, has a best, and says its seeds neither itself nor for another. */
export function canConfirm({ uid, best, confirms, searched }: Pick<StudyHead, 'uid' | 'best' | 'confirms' | 'searched'>): boolean {
  if (uid === null || best === null || confirms !== null || searched === null) return false;
  return searched.objective.kind === 'train' && searched.objective['seed'] === undefined;
}

/** More trials: those of one that confirms another are given. */
export function canGoOn({ uid, confirms }: Pick<StudyHead, 'uid' | 'confirms'>): boolean {
  return uid !== null && confirms === null;
}
