/** Computes the visible range of a timeline and its grid lines. Pure; milliseconds since 1970. */

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Part of the timeline that the user chose. */
export interface Sight {
  /** Visible milliseconds; null for the whole timeline. */
  readonly span: number | null;
  /** Right end; null to follow the current time. */
  readonly end: number | null;
}

/** Begin of the first attempt, and the current time. */
export interface Extent {
  readonly first: number;
  readonly edge: number;
}

export const SHORTEST = 2_000;
const LONGEST = 366 * 86_400_000;

export function rangeOf({ span, end }: Sight, { first, edge }: Extent): Range {
  const to = end ?? edge;
  return { from: to - (span ?? Math.max(SHORTEST, to - first)), to };
}

/**
 * @param factor above 1 zooms in
 * @param share position of the pointer, 0 left to 1 right; the time under it stays fixed
 */
export function zoomed(sight: Sight, extent: Extent, factor: number, share: number): Sight {
  const { from, to } = rangeOf(sight, extent);
  const span = Math.min(LONGEST, Math.max(SHORTEST, (to - from) * factor));
  if (sight.end === null) return { span, end: null };
  return ending(span, from + (to - from) * share + span * (1 - share), extent);
}

/** Moves back by so many milliseconds. */
export function panned(sight: Sight, extent: Extent, back: number): Sight {
  const { from, to } = rangeOf(sight, extent);
  return ending(to - from, Math.max(extent.first, to - back), extent);
}

/** Moves by the least amount that makes an interval visible. */
export function revealing(sight: Sight, extent: Extent, { from, to }: Range): Sight {
  const seen = rangeOf(sight, extent);
  const span = seen.to - seen.from;
  if (from < seen.from)
    return ending(span, Math.max(from + span * 0.9, Math.min(to, from + span)), extent);
  return to > seen.to ? ending(span, to + span * 0.05, extent) : sight;
}

function ending(span: number, end: number, { edge }: Extent): Sight {
  return { span, end: end >= edge ? null : end };
}

const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
  172_800, 604_800,
].map((seconds) => seconds * 1000);

/**
 * Instants of grid lines: round numbers after `origin`, at least `apart` px from one another;
 * `origin` itself is one.
 */
export function ticksOf(
  { from, to }: Range,
  origin: number,
  width: number,
  apart = 76,
): readonly number[] {
  if (!(to > from) || width <= 0) return [];
  const least = ((to - from) / width) * apart;
  const step = STEPS.find((each) => each >= least) ?? Math.ceil(least / 604_800_000) * 604_800_000;
  const ticks: number[] = [];
  for (let k = Math.max(0, Math.ceil((from - origin) / step)); origin + k * step <= to; k++)
    ticks.push(origin + k * step);
  return ticks;
}
