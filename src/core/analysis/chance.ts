/**
 * Returns the accuracy up to which a trial counts as no better than guessing: 1/classes plus a
 * quarter of it (at most 0.025), as a margin for classes of unequal size and for noise. Null for
 * fewer than two classes.
 */
export function chanceLimit(classes: number): number | null {
  if (!(classes >= 2)) return null;
  return 1 / classes + Math.min(0.25 / classes, 0.025);
}
