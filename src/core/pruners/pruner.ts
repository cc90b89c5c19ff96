/**
 * Contract of every pruner. A pruner decides from reports and ends alone, never from clocks or
 * workers, so that a restart, which restores both from the lab file, decides the same.
 */
import type { NamedSettings } from '../settings.ts';
import type { Direction } from '../study/direction.ts';
import type { StepValue } from '../study/reports.ts';
import type { EndedState } from '../study/row-codes.ts';

/** A study file's pruner entry: name and settings, checked by `create-pruner.ts`. */
export type PrunerSpec = NamedSettings;

/** Reports of an objective while it trains. */
export interface Reporting {
  /** Number of reports of a whole training, steps 0 … length − 1; null: it differs by trial. */
  readonly length: number | null;
  /** Report that gives a trial its value. */
  readonly keeps: 'best' | 'last';
}

/** Reports of trials, in ascending order of step. */
export interface ReportColumns {
  count(number: number): number;
  /** The trial's i-th report, 0 ≤ i < count. */
  at(number: number, i: number): StepValue;
  last(number: number): StepValue | null;
  /** The latest report at or before a step; null: none. */
  latest(number: number, step: number): StepValue | null;
  of(number: number): readonly StepValue[];
}

/** The trials of a study as pruners see them; `TrialColumns` implements all but `open`. */
export interface PrunedTrials {
  readonly direction: Direction;
  readonly reports: ReportColumns;
  /** Number of trials that have ended. */
  readonly ended: number;
  /** Number of the trial that ended as the i-th, 0 ≤ i < ended. */
  completion(i: number): number;
  /** Null while the trial has not ended. */
  state(number: number): EndedState | null;
  /** Value of an ended trial; ±∞ if it failed or diverged. */
  value(number: number): number;
  /** Numbers of the trials that have not ended. */
  readonly open: Iterable<number>;
}

/** Decision which paused trial goes on. */
interface Promotion {
  /**
   * Returns the rung at which a trial pauses next after so many epochs; null: it trains to its end.
   */
  next(epochs: number): number | null;
  /**
   * Returns the paused trial to go on with; null: none.
   * @param pausedAt epochs after which a trial is paused; null: it is not
   */
  promoted(trials: PrunedTrials, pausedAt: (number: number) => number | null): number | null;
  /** Returns the best paused trial of the highest rung; null: none is paused. */
  leader(trials: PrunedTrials, pausedAt: (number: number) => number | null): number | null;
}

export interface Pruner {
  readonly name: string;
  /**
   * Returns whether to stop a running trial after its latest report. Equal trials give equal
   * answers; a pruner may cache what it read of ended trials, which never change. One pruner
   * serves one study.
   */
  stops(trials: PrunedTrials, number: number): boolean;
  /** Present where trials pause at rungs, from which the best of them go on. */
  readonly promotion?: Promotion;
}

/** Returns whether a trial ran to its end and has a finite value. */
export function isFinished(trials: PrunedTrials, number: number): boolean {
  return trials.state(number) === 'complete' && Number.isFinite(trials.value(number));
}

/** Factor that turns values of the direction into values to minimize. */
export function signOf({ direction }: Pick<PrunedTrials, 'direction'>): 1 | -1 {
  return direction === 'minimize' ? 1 : -1;
}
