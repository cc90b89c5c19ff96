/**
 * A study as a value: objective, search space, sampler and limits. The protocol parses it from a
 * study file; after creation only its limits and its search change (`search-edit.ts`).
 */
import type { PrunerSpec, Reporting } from '../pruners/pruner.ts';
import type { SamplerSpec } from '../samplers/sampler.ts';
import type { SearchSpace } from '../search-space/distribution.ts';
import type { Direction } from './direction.ts';
import type { Listed } from './objectives.ts';
import type { Only } from '../search-space/reduced-space.ts';
import type { HistorySource, HistoryTrial } from './start-history.ts';

export type { Direction };

/** The evaluation of an attempt. The core passes it to the worker and reads only `kind`. */
export interface Objective {
  readonly kind: string;
  readonly [setting: string]: unknown;
}

/**
 * Number of trials that a device with many lanes trains together: with `fewer-evaluations` few, so
 * that each profits from more results, with `sooner` as many as fill the device.
 */
export const packings = ['fewer-evaluations', 'sooner'] as const;
export type Packing = (typeof packings)[number];

/** Early stopping of a study. */
export interface Pruning extends Reporting {
  /** Never `auto`. */
  readonly pruner: PrunerSpec;
  /** Reason why this pruner: a sentence without a full stop. */
  readonly reason: string;
}

/** The parts of a study that an edit can change. */
export interface Search {
  readonly searchSpace: SearchSpace;
  /** Values to which an edit limits parameters; absent: none. */
  readonly only?: Only;
  readonly sampler: SamplerSpec;
  /** Absent: no trial is stopped early. */
  readonly pruning?: Pruning;
}

export interface SearchEdit {
  /** Trials from this number on were proposed after it. */
  readonly first: number;
  /** Milliseconds since 1970. */
  readonly date: number;
  /**
   * Number of trials below `first` that the sampler learns from. Null: the sampler goes on, because
   * only the pruner changed.
   */
  readonly told: number | null;
  readonly before: Search;
}

export interface StudySpec extends Listed, Search {
  readonly name: string;
  readonly objective: Objective;
  /** Of `objectives[0]` where objectives are listed. */
  readonly direction: Direction;
  /** An integer, 0 ≤ seed < 2⁵³. */
  readonly seed: number;
  /** Absent: `fewer-evaluations`. */
  readonly packing?: Packing;
  /**
   * Ids of the devices that may run its trials, on any node: `cpu`, `gpu/0`, or `gpu` for every
   * GPU. Absent: every device.
   */
  readonly devices?: readonly string[];
  /** One in this many ended trials is evaluated again on another node; absent: none. */
  readonly audit?: number;
  /** Searches whose trials are its history; absent: none. */
  readonly startedFrom?: readonly HistorySource[];
  /** Trials of these searches, in their order. Absent where a spec is only displayed. */
  readonly history?: readonly HistoryTrial[];
  /** Edits of the search, oldest first; absent: none. */
  readonly edits?: readonly SearchEdit[];
}

/** Rules that end a study; null: no such rule. */
export interface Limits {
  /** Number of trials in the budget. */
  readonly trials: number | null;
  /** Milliseconds that the study may run. */
  readonly activeMs: number | null;
  /** The value at which the search ends. */
  readonly target: number | null;
}
