/**
 * The step from one generation's distribution to the next: CatCMA with Margin (Hamano et al., arXiv
 * 2504.07884), as in version 0.13 of its authors' Python package `cmaes`, whose numbers it has.
 * Samples outside the bounds are penalised by their distance (Hansen et al. 2009).
 */
import { at, defined } from '../../at.ts';
import { exp, log, power } from '../../elementary.ts';
import { nextCategorical } from './categorical.ts';
import { roots, row } from './distribution.ts';
import type { Distribution, Gaussian } from './distribution.ts';
import { centred, withMargin } from './margin.ts';
import type { Sample } from './mixed-space.ts';
import { EPSILON } from './strategy.ts';
import type { Strategy } from './strategy.ts';

const LARGEST_SIGMA = 1e32;
const SMALLEST_VARIANCE = 1e-30;

/** A sample with its trial's result. */
export interface Evaluated extends Sample {
  /** Value to minimise; ∞ where the trial failed. */
  readonly loss: number;
  /** True if the trial was stopped early: it ranks behind all that were not. */
  readonly isPruned: boolean;
}

/** @param samples as many as the population; equal ones rank in this order */
export function nextDistribution(
  strategy: Strategy,
  { generation, before, gaussian, categorical, values }: Distribution,
  samples: readonly Evaluated[],
): Distribution {
  const byLoss = ranked(samples, (sample) => sample.loss);
  const ranges = rangesAfter(strategy, gaussian, byLoss);
  const unit = median(ranges);
  const best = ranked(
    samples,
    (sample) => sample.loss + penalty(strategy, gaussian, unit, sample.raw),
  );
  const raw = best.map((sample) => sample.raw.slice());
  const changed = centred(strategy, gaussian.mean, raw);
  const moved =
    strategy.numeric === 0 ? gaussian : nextGaussian(strategy, gaussian, generation + 1, raw);
  return {
    generation: generation + 1,
    before,
    values: [spanOf(byLoss), ...values].slice(0, strategy.valuesKept),
    gaussian: withMargin(strategy, { ...moved, ranges }, changed),
    categorical: nextCategorical(
      strategy,
      categorical,
      best.map(({ chosen }) => chosen),
    ),
  };
}

/** Sorts stably: complete trials by value, pruned ones by value, failed ones. */
function ranked(
  samples: readonly Evaluated[],
  lossOf: (sample: Evaluated) => number,
): readonly Evaluated[] {
  const order = samples.map((sample) => {
    const loss = lossOf(sample);
    return { sample, loss, group: loss === Infinity ? 2 : sample.isPruned ? 1 : 0 };
  });
  order.sort((a, b) => a.group - b.group || (a.loss === b.loss ? 0 : a.loss - b.loss));
  return order.map(({ sample }) => sample);
}

function spanOf(sorted: readonly Evaluated[]): readonly [number, number] {
  return [at(sorted, 0).loss, at(sorted, sorted.length - 1).loss];
}

/** Adds the interquartile range of a generation's values, if it has one. */
function rangesAfter(
  { space, population, rangesKept }: Strategy,
  { ranges }: Gaussian,
  sorted: readonly Evaluated[],
): readonly number[] {
  if (space.continuous === 0) return ranges;
  const quartile = (quarters: number): number =>
    at(sorted, Math.floor((quarters * population) / 4)).loss;
  const range = quartile(3) - quartile(1);
  if (range > 0 && Number.isFinite(range)) return [range, ...ranges].slice(0, rangesKept);
  if (range === Infinity && ranges.length > 1)
    return [Math.max(...ranges), ...ranges].slice(0, rangesKept);
  return ranges;
}

/** Penalty of a sample for continuous coordinates outside [0, 1]. */
function penalty(
  { space, numeric, muEff }: Strategy,
  { mean, sigma, covariance, scale }: Gaussian,
  unit: number,
  raw: Float64Array,
): number {
  if (space.continuous === 0 || unit === 0) return 0;
  const variances = mean.map((_, i) => at(covariance, i * (numeric + 1)) * at(scale, i));
  const sum = variances.reduce((total, variance) => total + variance, 0);
  const logMean = variances.reduce((total, variance) => total + log(variance), 0) / numeric;
  let total = 0;
  for (let i = 0; i < space.continuous; i++) {
    const coordinate = at(raw, i);
    const outside = coordinate < 0 ? coordinate : coordinate > 1 ? coordinate - 1 : 0;
    if (outside === 0) continue;
    const centre = at(mean, i);
    const reach = 3 * sigma * Math.sqrt(at(variances, i)) * Math.max(1, Math.sqrt(numeric) / muEff);
    const isFar = -centre > reach || centre - 1 > reach;
    const raise = isFar ? exp(log(1.1) * Math.max(1, muEff / (10 * numeric))) : 1;
    const weight = ((2 * unit) / (sigma * sigma * sum)) * raise;
    total += (weight * outside * outside) / exp(0.9 * (log(at(variances, i)) - logMean));
  }
  return total;
}

function nextGaussian(
  strategy: Strategy,
  gaussian: Gaussian,
  generation: number,
  samples: readonly Float64Array[],
): Gaussian {
  const { numeric: n, selected, weights, muEff, c1, cMu, cSigma, dSigma, cC, chi } = strategy;
  const { mean, inverseRoot, scale } = gaussian;
  // Inactive parameters stay at the mean.
  const steps = samples.map((sample) =>
    sample.map((value, i) =>
      Number.isNaN(value) ? 0 : (value - at(mean, i)) / at(scale, i) / gaussian.sigma,
    ),
  );
  const step = new Float64Array(n);
  for (let k = 0; k < selected; k++)
    for (let i = 0; i < n; i++)
      step[i] = defined(step[i]) + at(weights, k) * defined(at(steps, k)[i]);
  const toSigma = Math.sqrt(cSigma * (2 - cSigma) * muEff);
  const sigmaPath = gaussian.sigmaPath.map(
    (path, i) => (1 - cSigma) * path + toSigma * row(inverseRoot, n, i, step),
  );
  const length = Math.sqrt(squared(sigmaPath));
  const isShort =
    length / Math.sqrt(1 - power(1 - cSigma, 2 * (generation + 1))) < (1.4 + 2 / (n + 1)) * chi;
  const toPath = isShort ? Math.sqrt(cC * (2 - cC) * muEff) : 0;
  const path = gaussian.path.map((each, i) => (1 - cC) * each + toPath * at(step, i));
  const stall = isShort ? 0 : cC * (2 - cC);
  const kept = 1 + c1 * stall - c1 - cMu * strategy.weightSum;
  const next = gaussian.covariance.map((entry) => kept * entry);
  addOuter(next, n, c1, path);
  for (const [k, each] of steps.entries()) {
    const weight = at(weights, k);
    const whitened = each.map((_, i) => row(inverseRoot, n, i, each));
    const scaled = weight >= 0 ? weight : (weight * n) / (squared(whitened) + EPSILON);
    addOuter(next, n, cMu * scaled, each);
  }
  const covariances = roots(next, n);
  const narrowest = Math.min(...covariances.deviations);
  const sigma = Math.min(
    LARGEST_SIGMA,
    gaussian.sigma * exp((cSigma / dSigma) * (length / chi - 1)),
  );
  return {
    ...gaussian,
    ...covariances,
    mean: mean.map((centre, i) => centre + gaussian.sigma * at(step, i)),
    sigma: Math.max(sigma, Math.sqrt(SMALLEST_VARIANCE / narrowest)),
    sigmaPath,
    path,
  };
}

/** Adds weight·v·vᵀ to a matrix of n columns. */
function addOuter(matrix: Float64Array, n: number, weight: number, vector: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const factor = weight * defined(vector[i]);
    for (let j = 0; j < n; j++)
      matrix[i * n + j] = defined(matrix[i * n + j]) + factor * defined(vector[j]);
  }
}

function squared(vector: Float64Array): number {
  let total = 0;
  for (const entry of vector) total += entry * entry;
  return total;
}

/** Median; 0 of no numbers. */
function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? at(sorted, middle)
    : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
