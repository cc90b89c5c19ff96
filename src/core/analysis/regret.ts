/** Normalised distance of a value from the optimum, comparable between problems. */

/**
 * Normalised regret: 0 at the optimum, 1 at the median of the space or worse. Works for either
 * direction, because optimum and median together determine it.
 */
export function normalisedRegret(found: number, optimum: number, median: number): number {
  if (Number.isNaN(found)) return 1;
  if (median === optimum) return found === optimum ? 0 : 1;
  return Math.min(1, Math.max(0, (found - optimum) / (median - optimum)));
}
