/** The first page of a window, and the next one when the current page's study is gone. Pure. */
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import type { LabHead } from './lab.svelte.ts';
import type { Place } from './route.ts';

/**
 * @param now current place; null when there is none
 * @returns null to stay
 */
export function firstPlace(
  now: Place | null,
  lab: LabHead | null,
  studies: readonly StudyRow[],
): Place | null {
  if (lab === null) return null;
  if (now !== null && (now.page !== 'study' || studies.some(({ key }) => key === now.study)))
    return null;
  // A study that was just started is known to calls before the stream contains it.
  if (now?.page === 'study' && studies.length > 0) return null;
  const listed = studies.filter(({ deleted }) => !deleted);
  const running = listed.find(({ state }) => state === 'running');
  const latest = listed.reduce<StudyRow | null>(
    (best, study) => ((study.created ?? 0) >= (best?.created ?? 0) ? study : best),
    null,
  );
  const chosen = running ?? latest;
  if (chosen === null) return now === null ? { page: 'start' } : null;
  // A confirmation is shown as part of its original.
  const original = studies.find(({ key }) => key === chosen.confirms);
  return { page: 'study', study: (original ?? chosen).key, tab: 'evolution' };
}
