/** How far a found value is from the best there is, on a scale that problems share. */

/**
 * Normalised regret: 0 for the optimum, 1 for the median of the space or anything worse.
 * Works for either direction, since optimum and median tell which way is better.
 */
export function normalisedRegret(found: number, optimum: number, median: number): number {
  if (Number.isNaN(found)) return 1;
  if (median === optimum) return found === optimum ? 0 : 1;
  return Math.min(1, Math.max(0, (found - optimum) / (median - optimum)));
}
