/**
 * Conditions under which a distribution of CMA-ES is given up: those of Hansen's tutorial (arXiv
 * 1604.00772, § B.3), as version 0.13 of the package `cmaes` computes them. They concern the normal
 * distribution only: one of categoricals alone is never given up.
 */
import { at } from '../../at.ts';
import type { Distribution } from './distribution.ts';
import type { Strategy } from './strategy.ts';

/** Range of the recent values below which they count as equal. */
const SMALLEST_RANGE = 1e-12;
/** Smallest spread, as a share of the first step size, which is 1. */
const SMALLEST_SPREAD = 1e-12;
const LARGEST_SPREAD = 1e4;
/** Largest ratio of two standard deviations. */
const LARGEST_CONDITION = 1e14;

/** Returns whether further samples of a distribution would find nothing new. */
export function isConverged(
  { numeric: n, valuesKept }: Strategy,
  { generation, gaussian, values }: Distribution,
): boolean {
  if (n === 0) return false;
  if (generation > valuesKept && rangeOf(values.flat()) < SMALLEST_RANGE) return true;
  const { mean, sigma, covariance, path } = gaussian;
  const variances = Array.from(mean, (_, i) => at(covariance, i * (n + 1)));
  const isNarrow =
    variances.every((variance) => sigma * variance < SMALLEST_SPREAD) &&
    path.every((each) => sigma * each < SMALLEST_SPREAD);
  if (isNarrow) return true;
  if (variances.some((variance, i) => isAt(mean, i, 0.2 * sigma * Math.sqrt(variance))))
    return true;

  const { deviations, axes } = gaussian;
  const [narrowest, widest] = [Math.min(...deviations), Math.max(...deviations)];
  if (sigma * widest > LARGEST_SPREAD || widest / narrowest > LARGEST_CONDITION) return true;
  // One axis of the distribution a generation, narrowest first.
  const order = Array.from(deviations, (_, k) => k);
  order.sort((a, b) => at(deviations, a) - at(deviations, b) || a - b);
  const axis = at(order, generation % n);
  const step = 0.1 * sigma * at(deviations, axis);
  return mean.every((_, i) => isAt(mean, i, step * at(axes, i * n + axis)));
}

/** Returns whether a step is lost in the rounding of a coordinate. */
function isAt(mean: Float64Array, i: number, step: number): boolean {
  return at(mean, i) === at(mean, i) + step;
}

/** NaN where infinite values are among them. */
function rangeOf(values: readonly number[]): number {
  return Math.max(...values) - Math.min(...values);
}
