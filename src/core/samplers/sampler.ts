/**
 * Contract of every sampler. A sampler is a pure function: its proposal for number n depends on the
 * search space, the seed, n and the history passed in, never on clocks, workers, attempts or
 * restarts.
 */
import type { EncodedParams } from '../search-space/distribution.ts';
import type { HistoryView } from '../study/history.ts';
import type { TrainingPart } from '../study/training-part.ts';

/** How a trial was made. */
export interface Origin {
  /** Operator that made it: `grid`, `uniform`, `crossover+mutation` … */
  readonly operator: string;
  /** Numbers of its parents; empty for a founder. */
  readonly parents: readonly number[];
  /**
   * Its parents among the trials that the study started from, as positions in that history; absent:
   * none, and for trials that a resumed study reads. They are not among `parents`.
   */
  readonly ancestors?: readonly number[];
  /**
   * 0 for founders. Synchronous evolution counts rounds; asynchronous evolution adds one to the
   * larger generation of the parents; CMA-ES counts the distributions that trials are sampled from.
   */
  readonly generation: number;
  /** Absent where no model chose the trial, and for trials that a resumed study reads. */
  readonly prediction?: Prediction;
}

/** Belief of a model about a trial when it chose it. */
export interface Prediction {
  /** Predicted value, in the units of the objective. */
  readonly value: number;
  /** Bounds of the 95 % interval of the value, noise included. */
  readonly low: number;
  readonly high: number;
  /** Natural logarithm of the expected improvement, in standard deviations of the values. */
  readonly logExpectedImprovement: number;
}

export interface Proposal {
  readonly params: EncodedParams;
  readonly origin: Origin;
}

/**
 * Ended trials whose parameters a sampler needs; others may be evicted from memory. Values, states
 * and completion numbers of all trials are kept.
 */
export type HistoryWindow =
  | { readonly kind: 'none' }
  | { readonly kind: 'best'; readonly count: number }
  | { readonly kind: 'all' };

export interface Sampler {
  readonly name: string;
  readonly window: HistoryWindow;
  /**
   * Number of the best trials that may be parents, where the window does not state it. Absent: the
   * window's count, or none.
   */
  readonly breedsFrom?: number;
  /**
   * Present where it learns only from trials that it proposed itself, so that trials of another
   * search tell it nothing.
   */
  readonly ownTrialsOnly?: true;
  /** True if the sampler may propose equal points intentionally. */
  readonly repeats: boolean;
  /**
   * For synchronous samplers: number of leading trials that must have ended before number n may be
   * proposed (0 without a barrier); the history contains exactly those. Null for asynchronous ones:
   * the history contains the first `historyLength` completions in order of completion and, as
   * running, all smaller numbers that are not among them.
   */
  readonly barrier: ((n: number) => number) | null;
  /** Maximum number of trials (a grid's size); null without a bound. */
  readonly size: number | null;
  /**
   * Returns how many trials it could propose now; the scheduler asks for at most as many. 0: it
   * waits for a trial to end. Absent: any number. Where nothing is left to propose although no
   * trial is open, it returns 1, so that it is asked and found exhausted.
   */
  readonly ready?: (history: HistoryView) => number;
  /**
   * Returns the part of a training that a trial is, and whose checkpoint it starts from. Absent: a
   * trial is a whole training.
   */
  readonly partOf?: (origin: Pick<Origin, 'parents' | 'generation'>) => TrainingPart;
  /**
   * Returns proposals for the numbers first … first + count − 1. Proposing one at a time or several
   * together gives the same trials. Returns fewer than `count` only when the space is exhausted.
   */
  propose(first: number, count: number, history: HistoryView): readonly Proposal[];
}

/** A study file's sampler entry: name and settings, checked by `create-sampler.ts`. */
export interface SamplerSpec {
  readonly name: string;
  readonly [setting: string]: unknown;
}
