/**
 * Variation operators of the evolutionary samplers: founders, crossover of two parents and mutation
 * of a child, on any mix of parameters. `evolution.ts` gives their reasons. Which trials become
 * parents is the sampler's decision.
 */
import { exp, log } from '../elementary.ts';
import { PURPOSE, Stream } from '../random.ts';
import { isActive } from '../search-space/activity.ts';
import { cellOfValue, valueOfCell } from '../search-space/axis.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromUnit, toUnit } from '../search-space/unit-cube.ts';
import type { HistoryView } from '../study/history.ts';
import { LatinHypercubes } from './latin-hypercube.ts';
import type { Proposal } from './sampler.ts';
import { uniformPoint } from './uniform-point.ts';

/** Draws that operators need; tests substitute a sequence of known numbers. */
export type Draws = Pick<Stream, 'uniform' | 'uniform53' | 'below' | 'normal'>;

export interface Variation {
  /** Share of the offspring of two parents that are not mutated. */
  readonly unmutated: number;
  /** Size of the largest mutation, as a share of the range. */
  readonly sigma: number;
}

const SIGMA_RATIO = 6;
/** Number of failed draws after which one more parameter is mutated. */
const PATIENCE = 10;

/**
 * Returns the function that makes founders: Latin hypercubes of `initial` points and doubling
 * sizes, and a uniform point where the designed one exists already.
 */
export function foundersOf(
  axes: readonly Axis[],
  seed: number,
  initial: number,
): (number: number, retry: number) => Proposal {
  const designs = new LatinHypercubes(axes, seed, initial);
  return (number, retry) => {
    const stream = new Stream(seed, { purpose: PURPOSE.params, trial: number + 1, ordinal: retry });
    const designed = retry === 0;
    const origin = {
      operator: designed ? 'latin-hypercube' : 'uniform',
      parents: [],
      generation: 0,
    };
    return { params: designed ? designs.at(number, stream) : uniformPoint(axes, stream), origin };
  };
}

/**
 * Number of mutations after `retry` children were refused because their point exists; every tenth
 * adds one.
 */
export function mutationsAfter(retry: number): number {
  return 1 + Math.floor(retry / PATIENCE);
}

/**
 * Breeds one child of two parents, which may be the same trial.
 * @param mutations number of parameters to mutate; 1: at most one
 */
export function bred(
  axes: readonly Axis[],
  { unmutated, sigma }: Variation,
  [mother, father]: readonly [number, number],
  history: HistoryView,
  stream: Draws,
  mutations: number,
): Proposal {
  const crossed = mother !== father;
  const child = crossed
    ? crossover(history.params(mother), history.params(father), stream)
    : Float64Array.from(history.params(mother) ?? []);
  const mutated = !(crossed && mutations === 1 && stream.uniform() < unmutated);
  if (mutated) mutate(axes, child, mutations, sigma, stream);
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
 * Takes each parameter from either parent; from the other one where it is inactive in the chosen
 * one.
 */
function crossover(
  mother: EncodedParams | null,
  father: EncodedParams | null,
  stream: Draws,
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
  stream: Draws,
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
export function settle(axes: readonly Axis[], child: EncodedParams, stream: Draws): void {
  for (const axis of axes) {
    if (!isActive(axis, child)) child[axis.index] = NaN;
    else if (Number.isNaN(child[axis.index] ?? NaN))
      child[axis.index] = fromUnit(axis, stream.uniform53());
  }
}

function moved(axis: Axis, value: number, sigma: number, stream: Draws): number {
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
export function reflected(unit: number): number {
  const folded = Math.abs(unit) % 2;
  return folded > 1 ? 2 - folded : folded;
}
