/** How fast a study gets on, from when its latest trials ended. */

/** Looked back over so many ends at least, … */
const ENDS = 12;
/** … and over so many milliseconds at least. */
const SPAN_MS = 30_000;
/** Fewer say nothing. */
const NEEDED = 3;

/**
 * Trials a minute (evaluations a second: a sixtieth of it), over the latest ends; falls while
 * nothing ends. O(ends looked at).
 * @param ends when trials ended, rising, milliseconds of running time, so that a pause is no
 *   slowness
 * @param now on the same clock
 * @returns null: too early to say
 */
export function trialsPerMinute(
  ends: readonly number[] | Float64Array,
  now: number,
): number | null {
  let from = ends.length;
  const spanOf = (i: number): number => now - (ends[i] ?? now);
  while (from > 0 && (ends.length - from < ENDS || spanOf(from) < SPAN_MS)) from -= 1;
  const count = ends.length - from;
  // From an end on: counted from the first of them, that one is not among those that took the time.
  if (count < NEEDED) return null;
  const span = spanOf(from);
  return span > 0 ? ((count - 1) / span) * 60_000 : null;
}
