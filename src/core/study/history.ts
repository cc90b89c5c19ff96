/** Read-only view of a study's trials for samplers. The data are in `trial-columns.ts`. */
import type { EncodedParams } from '../search-space/distribution.ts';
import type { Direction } from './direction.ts';
import type { StepValue } from './reports.ts';

/**
 * Trials are identified by number, 0 … size − 1. Values follow the study's direction; failed and
 * diverged trials rank worst. `count` is the number of ended trials within this view.
 */
export interface HistoryView {
  readonly direction: Direction;
  /** Trials below this number have been proposed. */
  readonly size: number;
  /** Number of completions in the view. */
  readonly count: number;
  /** Number of the i-th completion, 0 ≤ i < count (synchronous views: in number order). */
  completion(i: number): number;
  /**
   * Returns whether the trial has ended in this view; a proposed trial that has not counts as
   * running.
   */
  ended(number: number): boolean;
  /** Value for ranking an ended trial: finite, or ±∞ as the worst if it failed or diverged. */
  value(number: number): number;
  /** Returns whether an ended trial was stopped early; its value is then not that of a full one. */
  isPruned(number: number): boolean;
  /** The report with the highest step of a pruned trial; null: it reported nothing. */
  lastReport(number: number): StepValue | null;
  /** Directions of the objectives; one objective: `[direction]`. */
  readonly directions: readonly Direction[];
  /**
   * Values of an ended trial, one for each objective: all finite, or each the worst if it failed or
   * diverged.
   */
  values(number: number): ArrayLike<number>;
  /** Total violation of the constraints by an ended trial; 0: feasible, or no constraints. */
  violation(number: number): number;
  /** A trial's parameters; null outside the sampler's declared window. */
  params(number: number): EncodedParams | null;
  generation(number: number): number;
  /** Numbers of a trial's parents, at most two, in the order of its origin. */
  parents(number: number): readonly number[];
  /**
   * The best `k` ended trials of the view, best first, ties by smaller number; fewer if fewer have
   * ended. `k` ≤ the window's count.
   */
  best(k: number): readonly number[];
  /**
   * Returns whether a trial with a number below `before`, ended or not, has this duplicate key
   * (`duplicate-key.ts`).
   */
  has(params: EncodedParams, before: number): boolean;
}
