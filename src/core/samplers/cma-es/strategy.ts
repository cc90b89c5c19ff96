/**
 * Weights and learning rates of CMA-ES: the defaults of Hansen's tutorial (arXiv 1604.00772) with
 * active covariance update, and those of CatCMA with Margin. They depend on the space and the
 * population only.
 */
import { at } from '../../at.ts';
import { exp, log } from '../../elementary.ts';
import type { MixedSpace } from './mixed-space.ts';

/** Added to denominators, and smallest distance of a probability to its bound. */
export const EPSILON = 1e-8;
/** Probability with which no discrete parameter is forced to change. */
const UNCHANGED = 0.73;

export interface Strategy {
  readonly space: MixedSpace;
  /** Number of numeric coordinates. */
  readonly numeric: number;
  /** Number of samples of a generation. */
  readonly population: number;
  /** Number of samples with a positive weight. */
  readonly selected: number;
  /** Weights by rank, best first: positive for the selected, negative for the others. */
  readonly weights: readonly number[];
  readonly weightSum: number;
  /** Effective number of selected samples. */
  readonly muEff: number;
  /** Learning rates of the covariance: rank-one and rank-μ update. */
  readonly c1: number;
  readonly cMu: number;
  /** Cumulation and damping of the step size. */
  readonly cSigma: number;
  readonly dSigma: number;
  /** Cumulation of the path of the rank-one update. */
  readonly cC: number;
  /** Expected length of a standard normal vector. */
  readonly chi: number;
  /** Smallest probability with which a discrete parameter changes. */
  readonly margin: number;
  /** Number of interquartile ranges that the penalty remembers. */
  readonly rangesKept: number;
  /** Number of generations whose values decide whether the search stands still. */
  readonly valuesKept: number;
}

/** Default population: 4 + ⌊3·ln d⌋, d the number of parameters with several values. */
export function defaultPopulation({ continuous, ladders, choices }: MixedSpace): number {
  const dimensions = Math.max(1, continuous + ladders.length + choices.length);
  return 4 + Math.floor(3 * log(dimensions));
}

/** @param population at least 4 */
export function strategyOf(space: MixedSpace, population: number): Strategy {
  const { continuous, ladders, choices } = space;
  const n = continuous + ladders.length;
  const discrete = ladders.length + choices.length;
  const selected = Math.floor(population / 2);
  const raw = Array.from(
    { length: population },
    (_, rank) => log((population + 1) / 2) - log(rank + 1),
  );
  const muEff = effective(raw.slice(0, selected));
  const c1 = 2 / ((n + 1.3) * (n + 1.3) + muEff);
  const cMu = Math.min(
    1 - c1 - EPSILON,
    (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) * (n + 2) + muEff),
  );
  const negative =
    n === 0
      ? 0
      : Math.min(
          1 + c1 / cMu,
          1 + (2 * effective(raw.slice(selected))) / (muEff + 2),
          (1 - c1 - cMu) / (n * cMu),
        );
  const positiveSum = sum(raw.filter((weight) => weight > 0));
  const negativeSum = -sum(raw.filter((weight) => weight < 0));
  const weights = raw.map((weight) =>
    weight >= 0 ? weight / positiveSum : (negative * weight) / negativeSum,
  );
  const cSigma = (muEff + 2) / (n + muEff + 5);
  return {
    space,
    numeric: n,
    population,
    selected,
    weights,
    weightSum: sum(weights),
    muEff,
    c1,
    cMu,
    cSigma,
    dSigma: 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma,
    cC: n === 0 ? 1 : (4 + muEff / n) / (n + 4 + (2 * muEff) / n),
    chi: n === 0 ? 0 : Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
    margin: discrete === 0 ? 0 : 1 - exp(log(UNCHANGED) / discrete),
    rangesKept: 20 + Math.ceil((3 * n) / population),
    valuesKept: 10 + Math.ceil((30 * n) / population),
  };
}

function effective(weights: readonly number[]): number {
  const total = sum(weights);
  return (total * total) / sum(weights.map((weight) => weight * weight));
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += at(values, i);
  return total;
}
