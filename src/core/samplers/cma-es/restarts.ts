/**
 * Restarts of CMA-ES after a search that finds nothing new: the population and the first step size
 * of the next search.
 *
 * - `ipop`: each search has twice the population of the last (Auger & Hansen 2005).
 * - `bipop`: searches with a growing population alternate with short ones whose population and step
 *   size are drawn, so that both kinds take as many samples (Hansen 2009, as `fmin2` of pycma 4
 *   does it with `bipop=True`). The first search counts as a short one.
 * - `none`: the first search goes on.
 */
import { exp, log } from '../../elementary.ts';
import type { Stream } from '../../random.ts';

export const RESTARTS = ['ipop', 'bipop', 'none'] as const;
export type Restarts = (typeof RESTARTS)[number];

/** One search from a start to the next. */
export interface Search {
  /** Number of samples of a generation. */
  readonly population: number;
  /** Factor of the first standard deviation that the study sets. */
  readonly spread: number;
  /** Number of generations after which it ends although it has not converged; null: no limit. */
  readonly generations: number | null;
  /** True if the population grows with these searches; false for the first and the short ones. */
  readonly isLarge: boolean;
}

/** Numbers of samples that searches of both kinds have taken, and the number of large searches. */
export interface Spent {
  readonly short: number;
  readonly large: number;
  readonly largeSearches: number;
}

export const NOTHING_SPENT: Spent = { short: 0, large: 0, largeSearches: 0 };

/** Smallest factor of the step size of a short search. */
const NARROWEST = 0.01;

export function firstSearch(population: number): Search {
  return { population, spread: 1, generations: null, isLarge: false };
}

/** Adds a search of so many samples. */
export function spentAfter(spent: Spent, { isLarge }: Search, samples: number): Spent {
  return {
    short: spent.short + (isLarge ? 0 : samples),
    large: spent.large + (isLarge ? samples : 0),
    largeSearches: spent.largeSearches + (isLarge ? 1 : 0),
  };
}

/**
 * Returns the search after those.
 * @param first population of the first search
 */
export function nextSearch(
  restarts: Exclude<Restarts, 'none'>,
  first: number,
  { short, large, largeSearches }: Spent,
  stream: Stream,
): Search {
  if (restarts === 'ipop' || short >= Math.max(1, large))
    return {
      population: first * 2 ** (largeSearches + 1),
      spread: 1,
      generations: null,
      isLarge: true,
    };
  const spread = exp(log(NARROWEST) * stream.uniform53());
  const share = stream.uniform53();
  const population = Math.floor(first * exp(log(2) * largeSearches * share * share));
  const generations = Math.max(1, Math.floor((0.5 * large) / population));
  return { population, spread, generations, isLarge: false };
}
