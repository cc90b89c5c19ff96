/**
 * Statistics per operator: number of offspring, number that beat their parents, and median
 * improvement.
 */
import type { Direction } from '../study/direction.ts';
import { medianOf } from './median-of.ts';

/** Trials of a study as this analysis reads them. */
export interface BredTrials {
  readonly direction: Direction;
  /** Number of trials proposed so far; trials are numbered from 0. */
  readonly size: number;
  operator(number: number): string;
  parents(number: number): readonly number[];
  /** Returns whether the trial has ended, with any outcome. */
  hasEnded(number: number): boolean;
  /** Value of an ended trial; not finite if it failed or diverged. */
  value(number: number): number;
}

export interface OperatorRecord {
  readonly operator: string;
  readonly births: number;
  /** Offspring that have ended, so that they can be compared with their parents; 0 for founders. */
  readonly judged: number;
  /** Judged offspring whose value is better than the best of their parents'. */
  readonly beat: number;
  /**
   * Median improvement of the offspring that beat their parents, positive in either direction; null
   * if there are none.
   */
  readonly medianGain: number | null;
}

/** Returns one record per operator, in order of first use. O(size). */
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

/** Improvement over the best parent; 0 if it cannot be computed. */
function gainOf(trials: BredTrials, number: number, parents: readonly number[]): number {
  const sign = trials.direction === 'maximize' ? 1 : -1;
  const best = Math.max(...parents.map((parent) => sign * trials.value(parent)));
  const gain = sign * trials.value(number) - best;
  return Number.isFinite(gain) ? gain : 0;
}
