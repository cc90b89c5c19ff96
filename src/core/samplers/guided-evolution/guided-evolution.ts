/**
 * Guided evolution: evolution makes candidates, a Gaussian process on the ended trials picks the
 * one of highest expected improvement. A quarter of the asks picks among children of the best
 * trials, three quarters also among neighbours of the best, uniform points, and a local search from
 * the best of all these.
 *
 * A pure function of the history, like every sampler: fits and factors are only cached. It proposes
 * as `evolution` does while too few trials ended for a model, and when no candidate is new. Asks of
 * several trials, and running trials, are taken into account with their predicted values.
 */
import { at } from '../../at.ts';
import { PURPOSE, Stream } from '../../random.ts';
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import { sameKey } from '../../search-space/duplicate-key.ts';
import type { HistoryView } from '../../study/history.ts';
import { foundersOf, mutationsAfter, settle } from '../breeding.ts';
import type { Draws } from '../breeding.ts';
import { Distinct } from '../distinct.ts';
import { childOf } from '../evolution.ts';
import type { Proposal, Sampler } from '../sampler.ts';
import { CandidatePool } from './candidate-pool.ts';
import type { Candidate } from './candidate-pool.ts';
import { Coordinates } from './coordinates.ts';
import { canModel, MANY, Models } from './models.ts';
import type { Model } from './models.ts';
import { neighboursOf } from './neighbours.ts';

/** Number of random trials before the first guided one. */
export const INITIAL = 12;
const POPULATION = 5;
const BREEDING = { tournament: 5, crossover: 0.9, unmutated: 0.5, sigma: 0.3 };
/** Share of candidates with at most one mutation; the others have two. */
const ONE_MUTATION = 0.7;
/** Children of an ask that considers children only. */
const LOCAL_CHILDREN = 20;
/** Share of the asks that also consider neighbours and uniform points, and their numbers. */
const WIDE = 0.75;
const WIDE_CHILDREN = 100;
const WIDE_UNIFORM = 100;
/** Local search: rounds, points searched from, and the first scale, which each round halves. */
const ROUNDS = 6;
const TOP = 3;
const SCALE = 0.1;

/** Choices in which the samplers that use the model differ. */
export interface Variant {
  /** True: every ask is wide; false: three quarters are, while the model is small. */
  readonly alwaysWide: boolean;
  /** True: odd trial numbers use transformed values. */
  readonly power: boolean;
  /** True: the model has a sum of kernels of one parameter each. */
  readonly additive: boolean;
}

const GUIDED: Variant = { alwaysWide: false, power: true, additive: true };

/** 97.5 % quantile of the standard normal distribution. */
const NORMAL_97_5 = 1.959963984540054;
/** Failed draws of plain children after which points are random. */
const MOST_CHILDREN = 30;

export function guidedEvolution(axes: readonly Axis[], seed: number): Sampler {
  return modelSampler('guided-evolution', axes, seed, GUIDED);
}

/**
 * A sampler that proposes the candidate of highest expected improvement, and plain children of
 * evolution where there is no model or no new candidate.
 */
export function modelSampler(
  name: string,
  axes: readonly Axis[],
  seed: number,
  variant: Variant,
): Sampler {
  const distinct = new Distinct(axes, seed);
  const founder = foundersOf(axes, seed, INITIAL);
  const search = new GuidedSearch(axes, variant);
  const streamOf = (number: number, ordinal: number): Stream =>
    new Stream(seed, { purpose: PURPOSE.mutate, trial: number + 1, ordinal });

  const one = (
    number: number,
    history: HistoryView,
    population: readonly number[],
    batch: readonly Proposal[],
  ): Proposal | null => {
    if (number >= INITIAL && canModel(history)) {
      const running = runningPoints(number, history, batch);
      const { chosen } = search.ask(history, number, running, streamOf(number, 0));
      if (chosen !== null) return chosen;
    }
    const isTaken = (params: EncodedParams): boolean =>
      history.has(params, number) || batch.some((made) => sameKey(axes, made.params, params));
    return distinct.one(number, isTaken, (_, retry) => {
      if (number < INITIAL || population.length === 0 || retry > MOST_CHILDREN)
        return founder(number, retry);
      const stream = streamOf(number, retry + 1);
      return childOf(axes, BREEDING, population, history, stream, mutationsAfter(retry));
    });
  };

  return {
    name,
    window: { kind: 'all' },
    breedsFrom: POPULATION,
    repeats: false,
    barrier: null,
    size: null,
    propose: (first, count, history) => {
      const population = populationOf(history);
      const proposals: Proposal[] = [];
      while (proposals.length < count) {
        const proposal = one(first + proposals.length, history, population, proposals);
        if (proposal === null) break;
        proposals.push(proposal);
      }
      return proposals;
    },
  };
}

/** Points of the trials below `number` that have not ended in the view, by number. */
function runningPoints(
  number: number,
  history: HistoryView,
  batch: readonly Proposal[],
): EncodedParams[] {
  const first = number - batch.length;
  const points: EncodedParams[] = [];
  for (let k = first - 1; k >= 0 && points.length < first - history.count; k--) {
    if (history.ended(k)) continue;
    const params = history.params(k);
    if (params === null) throw new RangeError(`the history lacks the parameters of trial ${k}`);
    points.push(params);
  }
  return [...points.reverse(), ...batch.map(({ params }) => params)];
}

/** Numbers of the best trials that ended with a finite value, best first. */
function populationOf(history: HistoryView): readonly number[] {
  return history.best(POPULATION).filter((number) => Number.isFinite(history.value(number)));
}

/** Outcome of an ask; the numbers serve tests. */
export interface GuidedAsk {
  /** Null if no candidate is new. */
  readonly chosen: Proposal | null;
  readonly score: number;
  readonly best: number;
  readonly considered: number;
  readonly isWide: boolean;
}

export class GuidedSearch {
  readonly #axes: readonly Axis[];
  readonly #coordinates: Coordinates;
  readonly #models: Models;
  readonly #variant: Variant;

  constructor(axes: readonly Axis[], variant = GUIDED) {
    this.#axes = axes;
    this.#coordinates = new Coordinates(axes);
    this.#models = new Models(this.#coordinates, variant.additive);
    this.#variant = variant;
  }

  /**
   * Returns the proposal for a trial number.
   * @param running points of the smaller numbers that have not ended, by number
   */
  ask(
    history: HistoryView,
    number: number,
    running: readonly EncodedParams[],
    draws: Draws,
  ): GuidedAsk {
    const axes = this.#axes;
    const { alwaysWide, power } = this.#variant;
    const model = this.#models.model(history, running, power && number % 2 === 1);
    const isTaken = (params: EncodedParams): boolean =>
      history.has(params, number) || running.some((point) => sameKey(axes, point, params));
    const { posterior, best } = model;
    const pool = new CandidatePool(axes, this.#coordinates, posterior, best, isTaken);
    const isWide = alwaysWide || (draws.uniform() < WIDE && history.count <= MANY);
    const population = populationOf(history);
    const children = Array.from({ length: isWide ? WIDE_CHILDREN : LOCAL_CHILDREN }, () => {
      const mutations = draws.uniform() < ONE_MUTATION ? 1 : 2;
      return childOf(axes, BREEDING, population, history, draws, mutations);
    });
    pool.add(children);
    if (isWide) this.#widen(pool, trialAt(history, at(population, 0)), draws);
    const chosen = pool.best();
    return {
      chosen: chosen === null ? null : proposalOf(chosen, model, history),
      score: chosen?.score ?? -Infinity,
      best,
      considered: pool.considered,
      isWide,
    };
  }

  /** Adds neighbours of the best trial and uniform points, then searches from the best of all. */
  #widen(pool: CandidatePool, best: Proposal, draws: Draws): void {
    const axes = this.#axes;
    pool.add(this.#neighbours(best, SCALE, draws));
    pool.add(Array.from({ length: WIDE_UNIFORM }, () => uniform(axes, draws)));
    for (let round = 0, scale = SCALE; round < ROUNDS; round++, scale /= 2) {
      const neighbours = pool
        .keepBest(TOP)
        .flatMap((candidate) => this.#neighbours(candidate, scale, draws));
      if (!pool.add(neighbours)) return;
    }
  }

  /**
   * Neighbours of a point; their parents are the trials that the point itself was made from. The
   * local search from a uniform point has none.
   */
  #neighbours({ params, origin }: Proposal, scale: number, draws: Draws): Proposal[] {
    const operator = origin.parents.length > 0 ? 'neighbour' : 'local-search';
    const made = { ...origin, operator };
    return neighboursOf(this.#axes, params, scale, draws).map((neighbour) => ({
      params: neighbour,
      origin: made,
    }));
  }
}

/** The chosen candidate with its prediction, which is left out where it is beyond any number. */
function proposalOf(
  { params, origin, mean, sd, score }: Candidate,
  { posterior, transformed }: Model,
  { direction }: HistoryView,
): Proposal {
  const spread = NORMAL_97_5 * Math.sqrt(sd * sd + posterior.kernel.noiseVariance);
  const sign = direction === 'minimize' ? 1 : -1;
  const [value = NaN, ...bounds] = [mean, mean - spread, mean + spread].map(
    (z) => sign * transformed.invert(z),
  );
  const [low, high] = [Math.min(...bounds), Math.max(...bounds)];
  if (![value, low, high].every(Number.isFinite)) return { params, origin };
  const prediction = { value, low, high, logExpectedImprovement: score };
  return { params, origin: { ...origin, prediction } };
}

/** A trial as the origin of its neighbours: their parent, one generation before them. */
function trialAt(history: HistoryView, number: number): Proposal {
  const params = history.params(number);
  if (params === null) throw new RangeError(`the history lacks the parameters of trial ${number}`);
  const generation = history.generation(number) + 1;
  return { params, origin: { operator: 'neighbour', parents: [number], generation } };
}

function uniform(axes: readonly Axis[], draws: Draws): Proposal {
  const params = new Float64Array(axes.length).fill(NaN);
  settle(axes, params, draws);
  return { params, origin: { operator: 'uniform', parents: [], generation: 0 } };
}
