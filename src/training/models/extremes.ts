/**
 * Values of a parameter at which a description is checked: its choices, or its least and greatest
 * value.
 */
import type { DistributionLike, ParamValue } from '../objective/objective.ts';

export function extremesOf(distribution: DistributionLike): readonly ParamValue[] {
  if (distribution.type === 'categorical') return distribution.choices;
  const { low, high, step } = distribution;
  // Greatest value of a grid that does not end on its bound.
  const greatest = step === undefined ? high : low + Math.floor((high - low) / step) * step;
  return greatest === low ? [low] : [low, greatest];
}
