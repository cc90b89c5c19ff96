/**
 * Accuracy up to which a trial counts as no better than guessing among so many classes: 1/classes
 * and a quarter of it more, at most 0.025, for classes of unequal size and for noise. Null: fewer
 * than two classes, nothing to guess.
 */
export function chanceLimit(classes: number): number | null {
  if (!(classes >= 2)) return null;
  return 1 / classes + Math.min(0.25 / classes, 0.025);
}
