/**
 * Covariance of the model: a product kernel over all axes plus a sum of kernels of one axis each,
 * all Matérn 5/2, on the coordinates of `coordinates.ts`. Its logarithmic hyperparameters stand in
 * one array θ: weights of the axes in the product, variance of the product, variance of the noise,
 * variances of the axes in the sum.
 */
import { at } from '../../at.ts';
import { exp } from '../../elementary.ts';
import type { Axis } from '../../search-space/axis.ts';

/** Inverse squared length scale of the kernels of one axis. */
const ADDITIVE_WEIGHT = 3;
/** Variance added to that of the noise, which keeps the matrix positive definite. */
export const NOISE_FLOOR = 1e-6;

/** Hyperparameters, no longer in logarithms. */
export interface Kernel {
  /** Inverse squared length scale of each axis in the product. */
  readonly weights: Float64Array;
  readonly productVariance: number;
  readonly noiseVariance: number;
  /** Variance of each axis in the sum. */
  readonly axisVariances: Float64Array;
}

export function kernelOf(theta: Float64Array, dimensions: number): Kernel {
  return {
    weights: theta.subarray(0, dimensions).map(exp),
    productVariance: exp(at(theta, dimensions)),
    noiseVariance: exp(at(theta, dimensions + 1)),
    axisVariances: theta.subarray(dimensions + 2).map(exp),
  };
}

/** Matérn 5/2 of a squared distance. */
export function matern(squared: number): number {
  if (squared === 0) return 1;
  const q = Math.sqrt(5 * squared);
  return (1 + q + (q * q) / 3) * exp(-q);
}

/** Kernel of one axis, with variance 1, of a squared difference. */
export function axisKernel(squared: number): number {
  return matern(ADDITIVE_WEIGHT * squared);
}

/** Squared difference of two coordinates of an axis; 0 or 1 for a categorical. */
export function squaredDifference({ kind }: Axis, a: number, b: number): number {
  if (kind === 'categorical') return a === b ? 0 : 1;
  return (a - b) * (a - b);
}

/** Variance of the modelled function at any point, without noise. */
export function priorVariance({ productVariance, axisVariances }: Kernel): number {
  let sum = productVariance;
  for (const variance of axisVariances) sum += variance;
  return sum;
}
