/**
 * A study as a value: what is searched, how, and until when. Parsed from a study file by the
 * protocol; never changed after creation except for its limits.
 */
import type { SamplerSpec } from '../samplers/sampler.ts';
import type { SearchSpace } from '../search-space/distribution.ts';
import type { Direction } from './direction.ts';

export type { Direction };

/** What an attempt evaluates. The core carries it to the worker and looks at nothing but `kind`. */
export interface Objective {
  readonly kind: string;
  readonly [setting: string]: unknown;
}

export interface StudySpec {
  readonly name: string;
  readonly objective: Objective;
  readonly direction: Direction;
  readonly searchSpace: SearchSpace;
  readonly sampler: SamplerSpec;
  /** An integer, 0 ≤ seed < 2⁵³. */
  readonly seed: number;
}

/** When a study ends; null: no such rule. */
export interface Limits {
  /** How many trials are charged to the budget. */
  readonly trials: number | null;
  /** Milliseconds the study may be running. */
  readonly activeMs: number | null;
  /** The value at which the search is over. */
  readonly target: number | null;
}
