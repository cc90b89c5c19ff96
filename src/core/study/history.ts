/**
 * What a sampler may know of a study's trials: a read-only view. The columns behind it are
 * `trial-columns.ts`.
 */
import type { EncodedParams } from '../search-space/distribution.ts';
import type { Direction } from './direction.ts';

/**
 * Trials are known by number, 0 … size − 1. Values are those of the study's direction; failed and
 * diverged trials rank worst. `count` = trials that have ended, as far as this view reaches.
 */
export interface HistoryView {
  readonly direction: Direction;
  /** Numbers below this have been proposed. */
  readonly size: number;
  /** How many completions the view shows. */
  readonly count: number;
  /** Number of the i-th completion, 0 ≤ i < count (synchronous views: in number order). */
  completion(i: number): number;
  /**
   * Whether this view shows the trial as ended; a proposed trial that it does not is shown as
   * running.
   */
  ended(number: number): boolean;
  /** The value an ended trial ranks by: finite, or ±∞ as the worst where it failed or diverged. */
  value(number: number): number;
  /** A trial's parameters; null where they lie outside the sampler's declared window. */
  params(number: number): EncodedParams | null;
  generation(number: number): number;
  /**
   * The best `k` ended trials shown, best first, ties by smaller number; fewer if fewer ended. `k`
   * ≤ the window's count.
   */
  best(k: number): readonly number[];
  /**
   * Whether a trial with a smaller number than `before`, ended or not, has this duplicate key
   * (`duplicate-key.ts`).
   */
  has(params: EncodedParams, before: number): boolean;
}
