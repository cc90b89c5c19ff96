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
  values(): Iterable<AttemptRow>;
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

function isOn(state: StudyRow['state']): boolean {
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
 * Intervals over which utilisation is averaged, in order: from the study's first attempt to its
 * last, without its pauses; while it is on, to now from the time since which it runs, limited to
 * the known time. Null: unknown.
 */
export function watchedOf(
  held: Held,
  study: string | null,
  known: number | null,
  head: Pick<StudyHead, 'state' | 'since' | 'activeMs'> | null,
  now: number,
): readonly Range[] | null {
  const first = study === null ? Infinity : held.first(study);
  if (study === null || !Number.isFinite(first)) return null;
  const state = head?.state ?? null;
  // It was not on before.
  if (state === 'running')
    return [
      { from: Math.min(now, Math.max(first, known ?? first, head?.since ?? first)), to: now },
    ];
  // While it pauses or ends, its state is younger than the attempts that still run.
  const whole = isOn(state)
    ? { from: Math.min(now, Math.max(first, known ?? first)), to: now }
    : { from: first, to: held.last(study, now) };
  return head?.activeMs == null ? [whole] : activeIn(held, study, whole, head.activeMs);
}

/**
 * Shortest time without an attempt of a study that may be a pause of the study, in milliseconds.
 */
const LEAST_PAUSE_MS = 1_000;

/**
 * Cuts a study's pauses out of an interval. Only their total is known, as its running time is: they
 * are the longest times without any attempt of the study, up to that total.
 */
function activeIn(held: Held, study: string, whole: Range, activeMs: number): readonly Range[] {
  let pausedMs = whole.to - whole.from - activeMs;
  if (pausedMs < LEAST_PAUSE_MS) return [whole];
  const own = [...held.values()].filter((attempt) => attempt.study === study);
  own.sort((a, b) => a.from - b.from);
  const free: Range[] = [];
  let until = whole.from;
  for (const { from, to } of own) {
    if (from - until >= LEAST_PAUSE_MS) free.push({ from: until, to: Math.min(from, whole.to) });
    until = Math.max(until, to ?? whole.to);
  }
  const pauses: Range[] = [];
  for (const { from, to } of free.toSorted((a, b) => b.to - b.from - (a.to - a.from))) {
    if (pausedMs < LEAST_PAUSE_MS) break;
    const ms = Math.min(to - from, pausedMs);
    pauses.push({ from, to: from + ms });
    pausedMs -= ms;
  }
  pauses.sort((a, b) => a.from - b.from);
  const starts = [whole.from, ...pauses.map(({ to }) => to)];
  return starts.map((from, i) => ({ from, to: pauses[i]?.from ?? whole.to }));
}
