/** Counts of a study's trials. */
import type { StudyRow } from '../../protocol/window/study-stream.ts';

/** Number of trials that have ended, with any outcome. */
export function endedOf({
  complete,
  pruned,
  failed,
}: Pick<StudyRow['counts'], 'complete' | 'pruned' | 'failed'>): number {
  return complete + pruned + failed;
}
