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
import { exp, log } from '../elementary.ts';
import { PURPOSE, Stream } from '../random.ts';
import { isActive } from '../search-space/activity.ts';
import { cellOfValue, valueOfCell } from '../search-space/axis.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromUnit, toUnit } from '../search-space/unit-cube.ts';
import type { HistoryView } from '../study/history.ts';
import { Distinct } from './distinct.ts';
import { LatinHypercubes } from './latin-hypercube.ts';
import type { Proposal, Sampler } from './sampler.ts';
import { uniformPoint } from './uniform-point.ts';

export interface EvolutionSettings {
  readonly initial: number;
  readonly population: number;
  readonly tournament: number;
  readonly crossover: number;
  readonly unmutated: number;
  readonly sigma: number;
}

const SIGMA_RATIO = 6;
/** Number of failed draws after which one more parameter is mutated. */
const PATIENCE = 10;

export function evolution(
  axes: readonly Axis[],
  seed: number,
  settings: EvolutionSettings,
): Sampler {
  const distinct = new Distinct(axes, seed);
  const designs = new LatinHypercubes(axes, seed, settings.initial);

  const founder = (number: number, retry: number): Proposal => {
    const stream = new Stream(seed, { purpose: PURPOSE.params, trial: number + 1, ordinal: retry });
    const designed = retry === 0;
    const origin = {
      operator: designed ? 'latin-hypercube' : 'uniform',
      parents: [],
      generation: 0,
    };
    return { params: designed ? designs.at(number, stream) : uniformPoint(axes, stream), origin };
  };

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
        return childOf(
          axes,
          settings,
          population,
          history,
          stream,
          1 + Math.floor(retry / PATIENCE),
        );
      });
    },
  };
}

/**
 * Breeds one child.
 * @param mutations number of parameters to mutate
 */
function childOf(
  axes: readonly Axis[],
  settings: EvolutionSettings,
  population: readonly number[],
  history: HistoryView,
  stream: Stream,
  mutations: number,
): Proposal {
  const mother = winner(population, settings.tournament, stream);
  const father =
    stream.uniform() < settings.crossover
      ? winner(population, settings.tournament, stream)
      : mother;
  const crossed = mother !== father;
  const child = crossed
    ? crossover(history.params(mother), history.params(father), stream)
    : Float64Array.from(history.params(mother) ?? []);
  const mutated = !(crossed && mutations === 1 && stream.uniform() < settings.unmutated);
  if (mutated) mutate(axes, child, mutations, settings.sigma, stream);
  settle(axes, child, stream);
  const parents = crossed ? [mother, father] : [mother];
  const operator = !crossed ? 'mutation' : mutated ? 'crossover+mutation' : 'crossover';
  return {
    params: child,
    origin: {
      operator,
      parents,
      generation: 1 + Math.max(...parents.map((parent) => history.generation(parent))),
    },
  };
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

/**
 * Takes each parameter from either parent; from the other one where it is inactive in the chosen
 * one.
 */
function crossover(
  mother: EncodedParams | null,
  father: EncodedParams | null,
  stream: Stream,
): EncodedParams {
  return Float64Array.from(mother ?? [], (fromMother, index) => {
    const fromFather = father?.[index] ?? NaN;
    const takesFather = stream.uniform() < 0.5;
    return Number.isNaN(fromMother) || (takesFather && !Number.isNaN(fromFather))
      ? fromFather
      : fromMother;
  });
}

/** Mutates `count` different active parameters in place. */
function mutate(
  axes: readonly Axis[],
  child: EncodedParams,
  mutations: number,
  largest: number,
  stream: Stream,
): void {
  const candidates = axes.filter(
    (axis) =>
      axis.low !== axis.high && isActive(axis, child) && !Number.isNaN(child[axis.index] ?? NaN),
  );
  const sigma = largest * exp(-log(SIGMA_RATIO) * stream.uniform());
  for (let i = 0; i < mutations && candidates.length > 0; i++) {
    const [axis] = candidates.splice(stream.below(candidates.length), 1);
    if (axis !== undefined)
      child[axis.index] = moved(axis, child[axis.index] ?? NaN, sigma, stream);
  }
}

/**
 * Sets inactive parameters to NaN, and draws those uniformly that have become active and that no
 * parent had.
 */
function settle(axes: readonly Axis[], child: EncodedParams, stream: Stream): void {
  for (const axis of axes) {
    if (!isActive(axis, child)) child[axis.index] = NaN;
    else if (Number.isNaN(child[axis.index] ?? NaN))
      child[axis.index] = fromUnit(axis, stream.uniform53());
  }
}

function moved(axis: Axis, value: number, sigma: number, stream: Stream): number {
  if (axis.kind === 'categorical') {
    const other = stream.below(axis.cells - 1);
    return other < value ? other : other + 1;
  }
  const step = sigma * stream.normal();
  const target = fromUnit(axis, reflected(toUnit(axis, value) + step));
  if (axis.kind === 'continuous' || target !== value) return target;
  const next = cellOfValue(axis, value) + (step < 0 ? -1 : 1);
  return valueOfCell(axis, next < 0 ? 1 : next >= axis.cells ? axis.cells - 2 : next);
}

/** Reflects a value into [0, 1] at both bounds. */
function reflected(unit: number): number {
  const folded = Math.abs(unit) % 2;
  return folded > 1 ? 2 - folded : folded;
}
