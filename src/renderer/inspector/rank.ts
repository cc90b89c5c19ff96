/** Rank of a trial among those that ended with a value. Pure. */
import type { Direction } from '../../core/study/direction.ts';
import type { TrialTable } from '../state/trial-table.ts';

export interface Rank {
  /** 1 for the best; equal values share a rank. */
  readonly rank: number;
  readonly of: number;
}

/** @returns null when the trial has no comparable value */
export function rankOf(table: TrialTable, trial: number, direction: Direction): Rank | null {
  if (!table.has(trial) || !table.isFinite(trial)) return null;
  const own = table.value(trial);
  let [better, of] = [0, 0];
  for (let other = 0; other < table.size; other++) {
    if (!table.isFinite(other)) continue;
    of += 1;
    const value = table.value(other);
    if (direction === 'maximize' ? value > own : value < own) better += 1;
  }
  return { rank: better + 1, of };
}
