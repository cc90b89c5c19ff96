/** What is held of a lab's past, put together for a timeline: live attempts, older ones from the file, since when anything is known. Pure. */
import type { AttemptRow, GapRow, SlotRow } from '../../../protocol/window/lab-stream.ts';
import type { StudyRow } from '../../../protocol/window/study-stream.ts';
import type { Extent, Range } from './time-window.ts';

/** Live ones win: those of the file may have ended since. */
export function together(live: ReadonlyMap<string, AttemptRow>, older: readonly AttemptRow[]): AttemptRow[] {
  return older.length === 0 ? [...live.values()] : [...older.filter(({ id }) => !live.has(id)), ...live.values()];
}

/** When it began to be known what workers do: attempts that ended may be of a time before; null: it is not known. */
export function knownFrom(live: Iterable<AttemptRow>, gaps: readonly GapRow[], slots: readonly SlotRow[]): number | null {
  let first = Infinity;
  for (const { from, to } of live) if (to === null) first = Math.min(first, from);
  for (const { from } of gaps) first = Math.min(first, from);
  for (const { idle } of slots) first = Math.min(first, idle?.since ?? Infinity);
  return Number.isFinite(first) ? first : null;
}

/** Whether time goes on in a timeline: something runs, or a study that may begin something. */
export function goesOn(studies: readonly StudyRow[], attempts: Iterable<AttemptRow>): boolean {
  if (studies.some(({ state }) => isOn(state))) return true;
  for (const { to } of attempts) if (to === null) return true;
  return false;
}

export function isOn(state: StudyRow['state']): boolean {
  return state === 'running' || state === 'pausing' || state === 'ending';
}

/** @param study whose first attempt is where `All` begins; null, or one without any: the first of all */
export function extentOf(attempts: Iterable<AttemptRow>, study: string | null, on: boolean, now: number): Extent {
  let [own, all, last] = [Infinity, Infinity, -Infinity];
  for (const { from, to, study: of } of attempts) {
    all = Math.min(all, from);
    if (of === study) own = Math.min(own, from);
    last = Math.max(last, to ?? now);
  }
  const edge = on || !Number.isFinite(last) ? now : last;
  const first = Number.isFinite(own) ? own : all;
  return { first: Number.isFinite(first) ? Math.min(first, edge) : edge - 60_000, edge };
}

/** The time that shares are of: a study's from its first attempt to its last, or to now while it goes on, as far back as it is known. */
export function watchedOf(
  attempts: Iterable<AttemptRow>,
  study: string | null,
  known: number | null,
  on: boolean,
  now: number,
): Range | null {
  let [first, last] = [Infinity, -Infinity];
  for (const { from, to, study: of } of attempts) {
    if (of !== study) continue;
    first = Math.min(first, from);
    last = Math.max(last, to ?? now);
  }
  if (!Number.isFinite(first)) return null;
  return on ? { from: Math.max(first, known ?? first), to: now } : { from: first, to: last };
}
