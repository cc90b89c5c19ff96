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
<<<<<<< HEAD
import type { HistoryView } from '../study/history.ts';
import { bred, foundersOf } from './breeding.ts';
import type { Variation } from './breeding.ts';
import { Distinct } from './distinct.ts';
=======
import { Distinct } from './distinct.ts';
import { LatinHypercubes } from './latin-hypercube.ts';
import { childOf } from './offspring.ts';
import type { BreedingSettings } from './offspring.ts';
>>>>>>> f46050a1 (samplers: add guided evolution)
import type { Proposal, Sampler } from './sampler.ts';

<<<<<<< HEAD
export interface EvolutionSettings extends Variation {
=======
export interface EvolutionSettings extends BreedingSettings {
  /** Number of random trials before the first offspring. */
>>>>>>> f46050a1 (samplers: add guided evolution)
  readonly initial: number;
  /** Number of the best trials that may be parents. */
  readonly population: number;
<<<<<<< HEAD
  readonly tournament: number;
  readonly crossover: number;
}

=======
}

/** Number of failed draws after which one more parameter is mutated. */
const PATIENCE = 10;

>>>>>>> f46050a1 (samplers: add guided evolution)
export function evolution(
  axes: readonly Axis[],
  seed: number,
  settings: EvolutionSettings,
): Sampler {
  const distinct = new Distinct(axes, seed);
<<<<<<< HEAD
  const founder = foundersOf(axes, seed, settings.initial);
=======
  const founder = founders(axes, seed, settings.initial);

>>>>>>> f46050a1 (samplers: add guided evolution)
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
        return childOf(axes, settings, population, history, stream, retry);
      });
    },
  };
}

<<<<<<< HEAD
/** Breeds one child of parents that win tournaments; `retry` as for `bred`. */
function childOf(
  axes: readonly Axis[],
  settings: EvolutionSettings,
  population: readonly number[],
  history: HistoryView,
  stream: Stream,
  retry: number,
): Proposal {
  const mother = winner(population, settings.tournament, stream);
  const father =
    stream.uniform() < settings.crossover
      ? winner(population, settings.tournament, stream)
      : mother;
  return bred(axes, settings, [mother, father], history, stream, retry);
}

/**
 * Tournament selection: the best of `tournament` members drawn with replacement. The population is
 * sorted by rank.
 */
function winner(population: readonly number[], tournament: number, stream: Stream): number {
  let rank = population.length;
  for (let i = 0; i < tournament; i++) rank = Math.min(rank, stream.below(population.length));
  return population[rank] ?? 0;
}
=======
/**
 * Returns the draw of founders: the first of a number is its point of a Latin hypercube, retries
 * are uniform.
 */
export function founders(
  axes: readonly Axis[],
  seed: number,
  initial: number,
): (number: number, retry: number) => Proposal {
  const designs = new LatinHypercubes(axes, seed, initial);
  return (number, retry) => {
    const stream = new Stream(seed, { purpose: PURPOSE.params, trial: number + 1, ordinal: retry });
    const designed = retry === 0;
    return {
      params: designed ? designs.at(number, stream) : uniformPoint(axes, stream),
      origin: {
        operator: designed ? 'latin-hypercube' : 'uniform',
        parents: [],
        generation: 0,
      },
    };
  };
}
>>>>>>> f46050a1 (samplers: add guided evolution)
