/**
 * Generational evolution: synchronous (μ + λ), μ = λ = 4, elitist truncation, mutation only, as in
 * the published search over MPI nodes (2019). Galapagos is compared with it, so its known
 * weaknesses are kept: σ is the square root of a standard deviation, clipping accumulates points at
 * the bounds, and a generation waits for its slowest trial. One difference: the original does not
 * terminate once all points of a finite space around the population are used; here uniform draws
 * follow a bounded number of rounds. Spreads are computed on the unit scale, which equals the
 * original's for parameters on [0, 1].
 */
import { PURPOSE, Stream } from '../random.ts';
import { isActive } from '../search-space/activity.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { sameKey } from '../search-space/duplicate-key.ts';
import { fromUnit, toUnit } from '../search-space/unit-cube.ts';
import type { HistoryView } from '../study/history.ts';
import { Distinct } from './distinct.ts';
import type { Proposal, Sampler } from './sampler.ts';
import { uniformPoint } from './uniform-point.ts';

const MUTATION_RATE = 0.2;
const SMALLEST_SIGMA = 0.01;
/** Number of rounds over all parents before uniform draws fill the generation. */
const MOST_ROUNDS = 30;

interface Member {
  readonly number: number;
  readonly params: EncodedParams;
}

/** @param population number of survivors, and number of children per generation */
export function generational(axes: readonly Axis[], seed: number, population: number): Sampler {
  const distinct = new Distinct(axes, seed);
  const startOf = (number: number): number => number - (number % population);

  const founder = (number: number, retry: number): Proposal => ({
    params: uniformPoint(
      axes,
      new Stream(seed, { purpose: PURPOSE.params, trial: number + 1, ordinal: retry }),
    ),
    origin: { operator: 'uniform', parents: [], generation: 0 },
  });

  return {
    name: 'generational',
    window: { kind: 'best', count: population },
    repeats: false,
    barrier: startOf,
    size: null,
    propose: (first, count, history) => {
      let start = -1;
      let children: readonly Proposal[] = [];
      const draw = (number: number, retry: number): Proposal | null => {
        if (number < population) return founder(number, retry);
        if (start !== startOf(number)) {
          start = startOf(number);
          children = childrenOf(axes, seed, start, population, history);
        }
        return retry === 0 ? (children[number - start] ?? null) : null;
      };
      return distinct.propose(
        first,
        count,
        history,
        draw,
        (number) => startOf(number) / population,
      );
    },
  };
}

/**
 * Returns the children of one generation, at most `population`, without duplicates of any trial.
 * They are selected together.
 */
function childrenOf(
  axes: readonly Axis[],
  seed: number,
  start: number,
  population: number,
  history: HistoryView,
): readonly Proposal[] {
  const members = history.best(population).flatMap((number): Member[] => {
    const params = history.params(number);
    return params === null ? [] : [{ number, params }];
  });
  const sigmas = axes.map((axis) => sigmaOf(axis, members));
  const unseen: Proposal[] = [];
  for (let round = 0; round < MOST_ROUNDS && unseen.length < population; round++) {
    for (const [place, { number, params }] of members.entries()) {
      const child = mutated(
        axes,
        params,
        sigmas,
        new Stream(seed, { purpose: PURPOSE.mutate, trial: start + place + 1, ordinal: round }),
      );
      const seen =
        history.has(child, start) ||
        sameKey(axes, child, params) ||
        unseen.some((other) => sameKey(axes, other.params, child));
      if (!seen)
        unseen.push({
          params: child,
          origin: { operator: 'mutation', parents: [number], generation: start / population },
        });
    }
  }
  return sample(
    unseen,
    population,
    new Stream(seed, { purpose: PURPOSE.parents, trial: start + 1 }),
  );
}

/** max(0.01, √std) of a parameter over the members that have it. */
function sigmaOf(axis: Axis, members: readonly Member[]): number {
  const units = members
    .map(({ params }) => toUnit(axis, params[axis.index] ?? NaN))
    .filter((unit) => !Number.isNaN(unit));
  const mean = units.reduce((sum, unit) => sum + unit, 0) / Math.max(1, units.length);
  const variance =
    units.reduce((sum, unit) => sum + (unit - mean) ** 2, 0) / Math.max(1, units.length);
  return Math.max(SMALLEST_SIGMA, Math.sqrt(Math.sqrt(variance)));
}

/**
 * Mutates each parameter with probability 0.2: a continuous one is shifted and clipped, another is
 * drawn again. Newly active ones are drawn.
 */
function mutated(
  axes: readonly Axis[],
  parent: EncodedParams,
  sigmas: readonly number[],
  stream: Stream,
): EncodedParams {
  const child = new Float64Array(axes.length).fill(NaN);
  for (const axis of axes) {
    const [changes, uniform, normal] = [
      stream.uniform() < MUTATION_RATE,
      stream.uniform53(),
      stream.normal(),
    ];
    if (!isActive(axis, child)) continue;
    const value = parent[axis.index] ?? NaN;
    if (Number.isNaN(value) || (changes && axis.kind !== 'continuous'))
      child[axis.index] = fromUnit(axis, uniform);
    else if (changes)
      child[axis.index] = fromUnit(axis, toUnit(axis, value) + (sigmas[axis.index] ?? 0) * normal);
    else child[axis.index] = value;
  }
  return child;
}

/** Draws `count` items without replacement, in order of drawing. */
function sample<T>(items: readonly T[], count: number, stream: Stream): readonly T[] {
  const rest = [...items];
  return Array.from({ length: Math.min(count, rest.length) }, () =>
    rest.splice(stream.below(rest.length), 1),
  ).flat();
}
