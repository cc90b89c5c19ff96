/**
 * Studies as the rail lists them: those that train another's best again stand below it, the
 * earliest first. Pure.
 */
import type { StudyRow } from '../../protocol/window/study-stream.ts';

export interface StudyGroup {
  readonly study: StudyRow;
  readonly confirmations: readonly StudyRow[];
}

/**
 * In the order of the originals, deleted studies excluded; a confirmation whose original is gone
 * stands for itself.
 */
export function groupsOf(all: readonly StudyRow[]): readonly StudyGroup[] {
  const studies = all.filter(({ deleted }) => !deleted);
  const originals = new Set(
    studies.filter(({ confirms }) => confirms === null).map(({ key }) => key),
  );
  return studies
    .filter(({ confirms }) => confirms === null || !originals.has(confirms))
    .map((study) => ({
      study,
      confirmations: studies
        .filter(({ confirms }) => confirms !== null && confirms === study.key)
        .toSorted((a, b) => (a.created ?? 0) - (b.created ?? 0)),
    }));
}
