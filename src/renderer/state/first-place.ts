/** Where a window begins, and where it goes when what it showed is gone. Pure. */
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import type { LabHead } from './lab.svelte.ts';
import type { Place } from './route.ts';

/**
 * @param now null: nowhere yet
 * @returns null: it stays
 */
export function firstPlace(
  now: Place | null,
  lab: LabHead | null,
  studies: readonly StudyRow[],
): Place | null {
  if (lab === null) return null;
  if (now !== null && (now.page !== 'study' || studies.some(({ key }) => key === now.study)))
    return null;
  // A study that was just started is known to the calls before the stream tells of it.
  if (now?.page === 'study' && studies.length > 0) return null;
  const listed = studies.filter(({ deleted }) => !deleted);
  const running = listed.find(({ state }) => state === 'running');
  const latest = listed.reduce<StudyRow | null>(
    (best, study) => ((study.created ?? 0) >= (best?.created ?? 0) ? study : best),
    null,
  );
  const chosen = running ?? latest;
  if (chosen === null) return now === null ? { page: 'start' } : null;
  // What trains another's best again is part of what that came to.
  const original = studies.find(({ key }) => key === chosen.confirms);
  return { page: 'study', study: (original ?? chosen).key, tab: 'evolution' };
}
