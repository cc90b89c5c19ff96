/**
 * What each operator bought: how many were born by it, how many beat their parents, and by how
 * much.
 */
import type { Direction } from '../study/direction.ts';
import { medianOf } from './median-of.ts';

/** What is read of a study's trials. */
export interface BredTrials {
  readonly direction: Direction;
  /** Numbers below this have been born. */
  readonly size: number;
  operator(number: number): string;
  parents(number: number): readonly number[];
  /** Whether it has ended, however. */
  hasEnded(number: number): boolean;
  /** Of an ended trial; not finite where it failed or diverged. */
  value(number: number): number;
}

export interface OperatorRecord {
  readonly operator: string;
  readonly births: number;
  /**
   * Of them, those that have ended and have parents, so that they can be compared; 0 for founders.
   */
  readonly judged: number;
  /** Of these, those with a value better than the best of their parents'. */
  readonly beat: number;
  /** Median of what these were better by, above 0 in either direction; null: there are none. */
  readonly medianGain: number | null;
}

/** In order of first birth. O(size). */
export function operatorRecords(trials: BredTrials): readonly OperatorRecord[] {
  const records = new Map<string, { births: number; judged: number; gains: number[] }>();
  for (let number = 0; number < trials.size; number++) {
    const operator = trials.operator(number);
    let record = records.get(operator);
    if (record === undefined) records.set(operator, (record = { births: 0, judged: 0, gains: [] }));
    record.births += 1;
    if (!trials.hasEnded(number)) continue;
    const parents = trials.parents(number);
    if (parents.length === 0) continue;
    record.judged += 1;
    const gain = gainOf(trials, number, parents);
    if (gain > 0) record.gains.push(gain);
  }
  return [...records].map(([operator, { births, judged, gains }]) => ({
    operator,
    births,
    judged,
    beat: gains.length,
    medianGain: medianOf(gains),
  }));
}

/** By how much it is better than its best parent; 0 where that cannot be said. */
function gainOf(trials: BredTrials, number: number, parents: readonly number[]): number {
  const sign = trials.direction === 'maximize' ? 1 : -1;
  const best = Math.max(...parents.map((parent) => sign * trials.value(parent)));
  const gain = sign * trials.value(number) - best;
  return Number.isFinite(gain) ? gain : 0;
}
