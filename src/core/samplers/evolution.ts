/**
 * Asynchronous steady-state evolution, (μ + 1): every proposal is one child of the best trials so
 * far, and every completion may displace a member of the population. O(population · parameters) per
 * proposal. The population is the only state.
 *
 * - The first `initial` trials are a Latin hypercube; so are the next, in designs of doubling size,
 *   until a trial has ended.
 * - The population is the best `population` trials that ended with a finite value. Each of two
 *   parents is the best of `tournament` candidates (Goldberg & Deb 1991). Aging as in Real et al.
 *   (arXiv 1802.01548) gave worse results at these budgets.
 * - A share of `crossover` takes each parameter from either parent with equal probability (Syswerda
 *   1989).
 * - Then exactly one parameter is mutated: with a few hundred trials at most, changing one
 *   parameter at a time found better points in each family of tables tried than changing each with
 *   probability 1/D in addition. A number moves by σ · N(0, 1) on the unit scale, σ log-uniform on
 *   [`sigma` / 6, `sigma`] (long and short steps without the state of self-adaptation), reflected
 *   at the bounds, by at least one step; a categorical takes another value. A share of `unmutated`
 *   of the children of two different parents skips mutation: pure recombination.
 * - A child equal to any trial, finished or running, is bred again; every tenth failure mutates one
 *   more parameter.
 */
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import type { HistoryView } from '../study/history.ts';
import { bred, foundersOf, mutationsAfter } from './breeding.ts';
import type { Draws, Variation } from './breeding.ts';
import { Distinct } from './distinct.ts';
import type { Proposal, Sampler } from './sampler.ts';

export interface Selection extends Variation {
  /** Number of candidates of which the best becomes a parent. */
  readonly tournament: number;
  /** Share of offspring with two parents. */
  readonly crossover: number;
}

export interface EvolutionSettings extends Selection {
  /** Number of random trials before the first offspring. */
  readonly initial: number;
  /** Number of the best trials that may be parents. */
  readonly population: number;
}

export function evolution(
  axes: readonly Axis[],
  seed: number,
  settings: EvolutionSettings,
): Sampler {
  const distinct = new Distinct(axes, seed);
  const founder = foundersOf(axes, seed, settings.initial);
  return {
    name: 'evolution',
    window: { kind: 'best', count: settings.population },
    repeats: false,
    barrier: null,
    size: null,
    propose: (first, count, history) => {
      const population = history
        .best(settings.population)
        .filter((number) => Number.isFinite(history.value(number)));
      return distinct.propose(first, count, history, (number, retry) => {
        if (number < settings.initial || population.length === 0) return founder(number, retry);
        const stream = new Stream(seed, {
          purpose: PURPOSE.mutate,
          trial: number + 1,
          ordinal: retry,
        });
        return childOf(axes, settings, population, history, stream, mutationsAfter(retry));
      });
    },
  };
}

/** Breeds one child of parents that win tournaments; `mutations` as for `bred`. */
export function childOf(
  axes: readonly Axis[],
  settings: Selection,
  population: readonly number[],
  history: HistoryView,
  stream: Draws,
  mutations: number,
): Proposal {
  const mother = winner(population, settings.tournament, stream);
  const father =
    stream.uniform() < settings.crossover
      ? winner(population, settings.tournament, stream)
      : mother;
  return bred(axes, settings, [mother, father], history, stream, mutations);
}

/**
 * Tournament selection: the best of `tournament` members drawn with replacement. The population is
 * sorted by rank.
 */
function winner(population: readonly number[], tournament: number, stream: Draws): number {
  let rank = population.length;
  for (let i = 0; i < tournament; i++) rank = Math.min(rank, stream.below(population.length));
  return population[rank] ?? 0;
}
