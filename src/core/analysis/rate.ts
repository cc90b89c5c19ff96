/** Throughput of a study, from the times at which its latest trials ended. */

/** Minimum number of completions in the averaging window. */
const ENDS = 12;
/** Minimum length of the averaging window, in milliseconds. */
const SPAN_MS = 30_000;
/** Minimum number of completions for an estimate. */
const NEEDED = 3;

/**
 * Trials per minute over the latest completions; decreases while no trial ends. (For evaluations
 * per second, divide by 60.) O(completions in the window).
 * @param ends times at which trials ended, ascending, in milliseconds of running time, so that
 *   pauses are excluded
 * @param now current time on the same clock
 * @returns null if there are too few completions
 */
export function trialsPerMinute(
  ends: readonly number[] | Float64Array,
  now: number,
): number | null {
  let from = ends.length;
  const spanOf = (i: number): number => now - (ends[i] ?? now);
  while (from > 0 && (ends.length - from < ENDS || spanOf(from) < SPAN_MS)) from -= 1;
  const count = ends.length - from;
  // The interval starts with a completion, which is therefore not counted.
  if (count < NEEDED) return null;
  const span = spanOf(from);
  return span > 0 ? ((count - 1) / span) * 60_000 : null;
}
