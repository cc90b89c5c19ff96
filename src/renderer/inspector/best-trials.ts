/** The best trials that ended with a value, the best first. Pure. */
import { at } from '../../core/at.ts';
import type { Direction } from '../../core/study/direction.ts';
import type { TrialTable } from '../state/trial-table.ts';

export function bestTrials(
  table: TrialTable,
  direction: Direction,
  most: number,
): readonly number[] {
  const sign = direction === 'maximize' ? -1 : 1;
  const found: number[] = [];
  for (let number = 0; number < table.size; number++) {
    if (!table.isFinite(number)) continue;
    const own = sign * table.value(number);
    if (found.length === most && own >= sign * table.value(at(found, most - 1))) continue;
    const place = found.findIndex((other) => own < sign * table.value(other));
    found.splice(place === -1 ? found.length : place, 0, number);
    if (found.length > most) found.pop();
  }
  return found;
}
