/** What must be said about some studies, whoever wrote them and wherever their numbers are shown. */
import type { StudyFile } from '../protocol/study-file.ts';

/** What the reader of a study's numbers must know. */
export function notesOn({ objective }: Pick<StudyFile, 'objective'>): string[] {
  if (objective.kind !== 'train') return [];
  const notes: string[] = [];
  if (objective.selectOn === 'test') {
    notes.push(
      'the test set selects the best trial, as in the published protocol: comparable with the published numbers, not an honest estimate of accuracy on new images',
    );
  }
  if (objective.settings['sameStart'] === true) {
    notes.push(
      'every trial starts from the same network seed, as in the published protocol: the best partly owes its value to that one start',
    );
  }
  return notes;
}
