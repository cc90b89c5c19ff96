/**
 * Groups studies for the rail: confirmations stand below the original, the earliest first. Pure.
 */
import type { StudyRow } from '../../protocol/window/study-stream.ts';

export interface StudyGroup {
  readonly study: StudyRow;
  readonly confirmations: readonly StudyRow[];
}

/**
 * Groups in the order of the originals, without deleted studies; a confirmation whose original is
 * gone is a group of its own.
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
