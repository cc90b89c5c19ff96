/**
 * What must be said about some studies, whoever wrote them and wherever their numbers are shown.
 */
import type { StudyFile } from '../protocol/study-file.ts';
import type { SearchSpaceLike } from '../training/objective/objective.ts';
import { unusedParameters } from '../training/objective/unused-parameters.ts';

/** The parts of a study that notes are about. */
interface Noted {
  readonly objective: StudyFile['objective'];
  readonly searchSpace: SearchSpaceLike;
}

/** What the reader of a study's numbers must know. */
export function notesOn({ objective, searchSpace }: Noted): string[] {
  if (objective.kind !== 'train') return [];
  const notes: string[] = [];
  if (objective.selectOn === 'test') {
    notes.push(
      'the test set selects the best trial, as in the published protocol: comparable with the published numbers, not an honest estimate of accuracy on new images',
    );
  }
  if (objective.settings['sameStart'] === true) {
    notes.push(
      'every trial starts from the same network seed, as in the published protocol: the best value partly depends on that start',
    );
  }
  const unused = unusedParameters(objective, searchSpace);
  if (unused.length > 0) {
    const [names, them] = [unused.join(', '), unused.length === 1 ? 'it' : 'them'];
    notes.push(
      `nothing in the objective uses ${names}: remove ${them} from "searchSpace", or use ${them} in the network or the settings`,
    );
  }
  return notes;
}
