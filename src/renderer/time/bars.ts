/** Attempts as bars of a row, and the gaps between them. Pure; px from the left end of the rows. */
import { at } from '../../core/at.ts';
import type { AttemptRow, GapRow, SlotRow } from '../../protocol/window/lab-stream.ts';
import type { Range } from './time-window.ts';

/** Minimum duration of a gap that is drawn, in milliseconds. */
export const LEAST_GAP_MS = 1_200;

export interface Bar {
  readonly row: AttemptRow;
  readonly x: number;
  readonly width: number;
}

/**
 * Bars of a row. Of several bars in one pixel the first is drawn; a running one is always drawn.
 */
export function barsIn(
  rows: readonly AttemptRow[],
  range: Range,
  edge: number,
  width: number,
): Bar[] {
  const perMs = width / (range.to - range.from);
  const bars: Bar[] = [];
  let drawnTo = -Infinity;
  for (let i = firstSeen(rows, range.from); i < rows.length; i++) {
    const row = rows[i];
    if (row === undefined || row.from > range.to) break;
    const ends = row.to ?? edge;
    if (ends < range.from) continue;
    const x = Math.max(0, (row.from - range.from) * perMs);
    const right = Math.min(width, (ends - range.from) * perMs);
    if (right < drawnTo + 0.5 && row.to !== null) continue;
    const bar = { row, x, width: Math.max(1, right - x - (right - x > 3 ? 1 : 0)) };
    bars.push(bar);
    drawnTo = x + bar.width;
  }
  return bars;
}

/** Index of the first row that may be visible; attempts of a lane do not overlap. */
function firstSeen(rows: readonly AttemptRow[], from: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.from ?? Infinity) < from) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** @param seen known part of the time; gaps outside it are not reported */
export function gapsIn(rows: readonly AttemptRow[], seen: Range, least = LEAST_GAP_MS): Range[] {
  const gaps: Range[] = [];
  let free = seen.from;
  for (let i = firstSeen(rows, seen.from); i < rows.length; i++) {
    const { from = 0, to = null } = rows[i] ?? {};
    if (from - free > least && free < seen.to)
      gaps.push({ from: free, to: Math.min(from, seen.to) });
    free = Math.max(free, to ?? Infinity);
    if (free >= seen.to) break;
  }
  if (seen.to - free > least) gaps.push({ from: free, to: seen.to });
  return gaps;
}

export interface Why {
  readonly reason: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Idle reason that applied longest in a range; null when another lane of the worker was busy or the
 * reason is no longer known.
 */
export function whyIdle(
  slot: string,
  { from, to }: Range,
  gaps: readonly GapRow[],
  now: SlotRow['idle'],
  edge: number,
): Why | null {
  let why: Why | null = null;
  let longest = 0;
  const look = (since: number, until: number, { reason, data }: Why): void => {
    const held = Math.min(until, to) - Math.max(since, from);
    if (held <= longest) return;
    longest = held;
    why = { reason, data };
  };
  for (const gap of gaps) if (gap.slot === slot) look(gap.from, gap.to, gap);
  if (now !== null) look(now.since, edge, now);
  return why;
}

/** Fraction of busy workers at each pixel, 0 to 1. */
export function busyShares(
  attempts: Iterable<AttemptRow>,
  workers: number,
  range: Range,
  edge: number,
  width: number,
): Float64Array {
  const shares = new Float64Array(Math.max(0, Math.floor(width)));
  const perMs = shares.length / (range.to - range.from);
  for (const { from, to } of attempts) {
    const a = Math.max(0, (from - range.from) * perMs);
    const b = Math.min(shares.length, ((to ?? edge) - range.from) * perMs);
    for (let x = Math.floor(a); x < b; x++)
      shares[x] = at(shares, x) + (Math.min(b, x + 1) - Math.max(a, x)) / workers;
  }
  return shares.map((share) => Math.min(1, share));
}

/** Milliseconds covered by at least one attempt; attempts may be in any order. */
export function coveredMs(rows: readonly AttemptRow[], { from, to }: Range): number {
  let covered = 0;
  let until = from;
  for (const row of rows.toSorted((a, b) => a.from - b.from)) {
    const [begin, end] = [Math.max(until, row.from), Math.min(to, row.to ?? to)];
    if (end > begin) covered += end - begin;
    until = Math.max(until, end);
  }
  return covered;
}

/** Milliseconds of intervals that do not overlap. */
export function lengthOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
}

/** Milliseconds of such intervals that at least one attempt covers. */
export function coveredIn(rows: readonly AttemptRow[], ranges: readonly Range[]): number {
  return ranges.reduce((sum, range) => sum + coveredMs(rows, range), 0);
}
