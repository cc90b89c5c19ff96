/**
 * Diversity of a population: spread of its members in each parameter relative to random points of
 * the search space, averaged over parameters. 0: all members are equal; 1: as spread as random
 * points.
 */
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { toUnit } from '../search-space/unit-cube.ts';

/** Standard deviation of the uniform distribution on [0, 1]. */
const UNIFORM = 1 / Math.sqrt(12);

/**
 * Returns the diversity. Numeric parameters use the standard deviation on their own scale
 * (logarithmic where declared), categorical ones the probability that two members differ.
 * Parameters with a single value, or that fewer than two members have, are ignored.
 * @returns null if no parameter counts
 */
export function diversityOf(
  axes: readonly Axis[],
  members: readonly EncodedParams[],
): number | null {
  const spreads = axes.flatMap((axis) => {
    if (axis.cells < 2) return [];
    const values = members
      .map((member) => member[axis.index] ?? NaN)
      .filter((value) => !Number.isNaN(value));
    if (values.length < 2) return [];
    return [
      Math.min(
        1,
        axis.kind === 'categorical'
          ? differing(values) / (1 - 1 / axis.cells)
          : deviation(axis, values) / UNIFORM,
      ),
    ];
  });
  return spreads.length === 0 ? null : spreads.reduce((sum, x) => sum + x, 0) / spreads.length;
}

function deviation(axis: Axis, values: readonly number[]): number {
  const units = values.map((value) => toUnit(axis, value));
  const mean = units.reduce((sum, x) => sum + x, 0) / units.length;
  return Math.sqrt(units.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (units.length - 1));
}

/** Probability that two different members have different values. */
function differing(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let equal = 0;
  for (const count of counts.values()) equal += count * (count - 1);
  return 1 - equal / (values.length * (values.length - 1));
}

export type DiversityLevel = 'low' | 'medium' | 'high';

/** Diversity below which the members are nearly copies of each other. */
export const LOW_DIVERSITY = 0.15;
const HIGH_DIVERSITY = 0.5;

export function diversityLevel(diversity: number): DiversityLevel {
  return diversity < LOW_DIVERSITY ? 'low' : diversity < HIGH_DIVERSITY ? 'medium' : 'high';
}
