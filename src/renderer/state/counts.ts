/** What is counted of a study's trials. */
import type { StudyRow } from '../../protocol/window/study-stream.ts';

/** How many have ended, whatever they came to. */
export function endedOf({
  complete,
  pruned,
  failed,
}: Pick<StudyRow['counts'], 'complete' | 'pruned' | 'failed'>): number {
  return complete + pruned + failed;
}
