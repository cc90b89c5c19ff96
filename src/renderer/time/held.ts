/**
 * Span of a timeline: its first known time, its begin and end, and whether it still grows. Pure.
 */
import type { AttemptRow, GapRow, SlotRow } from '../../protocol/window/lab-stream.ts';
import type { StudyHead, StudyRow } from '../../protocol/window/study-stream.ts';
import type { Extent, Range } from './time-window.ts';

/** The part of `state/attempt-log.ts` that this module reads. */
export interface Held {
  readonly running: ReadonlyMap<string, AttemptRow>;
  first(study: string | null): number;
  last(study: string | null, now: number): number;
}

/**
 * Time from which the activity of workers is known, since older attempts may have been dropped;
 * null when unknown.
 */
export function knownFrom(
  { running }: Held,
  gaps: readonly GapRow[],
  slots: readonly SlotRow[],
): number | null {
  let first = Infinity;
  for (const { from } of running.values()) first = Math.min(first, from);
  for (const { from } of gaps) first = Math.min(first, from);
  for (const { idle } of slots) first = Math.min(first, idle?.since ?? Infinity);
  return Number.isFinite(first) ? first : null;
}

/** Returns whether a timeline still grows: an attempt runs, or a study may start one. */
export function goesOn(studies: readonly StudyRow[], { running }: Held): boolean {
  return running.size > 0 || studies.some(({ state }) => isOn(state));
}

export function isOn(state: StudyRow['state']): boolean {
  return state === 'running' || state === 'pausing' || state === 'ending';
}

/**
 * @param study study with whose first attempt `All` begins; when null, or without attempts, the
 * first attempt of any study
 */
export function extentOf(held: Held, study: string | null, on: boolean, now: number): Extent {
  const last = held.last(null, now);
  const edge = on || !Number.isFinite(last) ? now : last;
  const own = study === null ? Infinity : held.first(study);
  const first = Number.isFinite(own) ? own : held.first(null);
  return { first: Number.isFinite(first) ? Math.min(first, edge) : edge - 60_000, edge };
}

/**
 * Interval over which utilisation is averaged: from the study's first attempt to its last; while it
 * is on, to now from the time since which it runs, limited to the known time.
 * @param on the study if it is on; null: it is not
 */
export function watchedOf(
  held: Held,
  study: string | null,
  known: number | null,
  on: Pick<StudyHead, 'state' | 'since'> | null,
  now: number,
): Range | null {
  const first = study === null ? Infinity : held.first(study);
  if (!Number.isFinite(first)) return null;
  if (on === null) return { from: first, to: held.last(study, now) };
  // While it pauses or ends, its state is younger than the attempts that still run.
  const since = on.state === 'running' ? (on.since ?? first) : first;
  return { from: Math.min(now, Math.max(first, known ?? first, since)), to: now };
}
