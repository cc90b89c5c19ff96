/**
 * Span of a timeline: its first known time, its begin and end, and whether it still grows. Pure.
 */
import type { AttemptRow, GapRow, SlotRow } from '../../protocol/window/lab-stream.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';
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
 * Interval over which utilisation is averaged: from the study's first attempt to its last, or to
 * now while it is on, limited to the known time.
 */
export function watchedOf(
  held: Held,
  study: string | null,
  known: number | null,
  on: boolean,
  now: number,
): Range | null {
  const first = study === null ? Infinity : held.first(study);
  if (!Number.isFinite(first)) return null;
  return on
    ? { from: Math.max(first, known ?? first), to: now }
    : { from: first, to: held.last(study, now) };
}
