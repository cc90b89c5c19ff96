/**
 * Trials of other searches that a study starts from. Samplers see them as finished trials before
 * the study's own; they count towards no limit, no best value and no export.
 */
import type { EncodedParams } from '../search-space/distribution.ts';

/** Greatest number of searches that a study set up in the window starts from. */
export const MOST_SOURCES = 8;

/** One trial of the history, in the study's search space. */
export interface HistoryTrial {
  readonly params: EncodedParams;
  /** One for each objective of the study, all finite. */
  readonly values: readonly number[];
  /** Total violation of the study's constraints, 0: feasible; absent: the study has none. */
  readonly violation?: number;
}

/** A search whose trials are history. */
export interface HistorySource {
  /** Name for people: a file, and the study in it. */
  readonly name: string;
  /** Number of its trials that the study starts from. */
  readonly trials: number;
}

/** `started from 40 trials of mnist in old.db and 8 trials of points.csv`. */
export function startedFromText(sources: readonly HistorySource[]): string {
  const each = sources.map(
    ({ name, trials }) => `${trials} ${trials === 1 ? 'trial' : 'trials'} of ${name}`,
  );
  return `started from ${each.join(' and ')}`;
}

/** Returns a spec without what it started from, for a study with another search space. */
export function withoutStart<
  Spec extends {
    readonly startedFrom?: readonly HistorySource[];
    readonly history?: readonly HistoryTrial[];
  },
>(spec: Spec): Omit<Spec, 'startedFrom' | 'history'> {
  const kept = Object.entries(spec).filter(
    ([name]) => name !== 'startedFrom' && name !== 'history',
  );
  return Object.fromEntries(kept) as unknown as Omit<Spec, 'startedFrom' | 'history'>;
}
