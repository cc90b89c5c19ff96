/** Sentences that a study's values must be shown with, wherever they are shown. */
import { objectiveKind } from '../objectives/registry.ts';
import type { SearchSpace } from '../core/search-space/distribution.ts';
import type { StudyFile } from '../protocol/study-file.ts';

/** Returns what the reader of a study's values must know. */
export function notesOn({
  objective,
  searchSpace,
}: {
  readonly objective: StudyFile['objective'];
  readonly searchSpace: SearchSpace;
}): string[] {
  return objectiveKind(objective.kind)?.notes(objective, searchSpace) ?? [];
}
