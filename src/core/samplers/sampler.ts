/**
 * The contract every sampler keeps. A sampler is pure: what it proposes for number n depends on the
 * search space, the seed, n and what the history shows, never on clocks, workers, attempts or
 * restarts.
 */
import type { EncodedParams } from '../search-space/distribution.ts';
import type { HistoryView } from '../study/history.ts';

/** How a trial came to be. */
export interface Origin {
  /** What made it: `grid`, `uniform`, `crossover+mutation` … */
  readonly operator: string;
  /** Numbers of its parents; empty for a founder. */
  readonly parents: readonly number[];
  /**
   * 0 for founders; synchronous evolution counts rounds, asynchronous one more than the elder
   * parent's.
   */
  readonly generation: number;
}

export interface Proposal {
  readonly params: EncodedParams;
  readonly origin: Origin;
}

/**
 * Which ended trials' parameters a sampler needs to see; others may be dropped from memory. Values,
 * states and completion numbers of all trials stay.
 */
export type HistoryWindow =
  | { readonly kind: 'none' }
  | { readonly kind: 'best'; readonly count: number }
  | { readonly kind: 'all' };

export interface Sampler {
  readonly name: string;
  readonly window: HistoryWindow;
  /** Whether equal points may be proposed on purpose. */
  readonly repeats: boolean;
  /**
   * Synchronous samplers: the count of leading trial numbers that must have ended before number n
   * may be asked (0 where there is no barrier); the sampler is shown exactly those. Null:
   * asynchronous, shown the first `basis` completions in completion order and, as running, all
   * smaller numbers not among them.
   */
  readonly barrier: ((n: number) => number) | null;
  /** How many trials there can be at most (a grid's size); null: no bound. */
  readonly size: number | null;
  /**
   * Proposals for numbers first … first + count − 1. Asking one at a time or several together gives
   * the same trials. Fewer than `count` only when the space is exhausted.
   */
  propose(first: number, count: number, history: HistoryView): readonly Proposal[];
}

/** A study file's sampler entry: its name and its settings, checked by `create-sampler.ts`. */
export interface SamplerSpec {
  readonly name: string;
  readonly [setting: string]: unknown;
}
