/** Whether the best of a study can be trained again on fresh seeds: it trains, has a best, and says its seeds neither itself nor for another. */
import type { StudyHead } from '../../protocol/window/study-stream.ts';

export function canConfirm({ uid, best, confirms, searched }: Pick<StudyHead, 'uid' | 'best' | 'confirms' | 'searched'>): boolean {
  if (uid === null || best === null || confirms !== null || searched === null) return false;
  return searched.objective.kind === 'train' && searched.objective['seed'] === undefined;
}
