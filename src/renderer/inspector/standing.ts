/** Place of a trial among those of a study with several objectives. Pure. */
import { at } from '../../core/at.ts';
import type { ParetoFront } from '../../protocol/window/reading.ts';

export interface Standing {
  readonly kind: 'front' | 'other' | 'infeasible';
  readonly values: readonly { readonly metric: string; readonly value: number }[];
}

/** @returns null while the front is not known, and when the trial has no value of an objective */
export function standingOf(found: ParetoFront | null, trial: number): Standing | null {
  const place = found?.trials.indexOf(trial) ?? -1;
  if (found === null || place < 0) return null;
  const values = at(found.values, place);
  return {
    kind: found.front.includes(trial)
      ? 'front'
      : found.feasible[place] === true
        ? 'other'
        : 'infeasible',
    values: found.objectives.map(({ metric }, i) => ({ metric, value: at(values, i) })),
  };
}
