/** Energy of a study, from the table of its trials. Pure. */
import { at } from '../../core/at.ts';
import type { StudyEnergy } from '../../core/study/study-energy.ts';
import type { TrialTable } from './trial-table.ts';

/** Reads every trial. @returns null when the energy of no ended trial is known */
export function energyOf({ columns, metrics, size }: TrialTable): StudyEnergy | null {
  if (!metrics.has('energy')) return null;
  let [joules, trials, of] = [0, 0, 0];
  for (let number = 0; number < size; number++) {
    if (at(columns.outcome, number) === 0) continue;
    of += 1;
    const own = at(columns.energy, number);
    if (Number.isNaN(own)) continue;
    joules += own;
    trials += 1;
  }
  return trials === 0 ? null : { joules, trials, of };
}
