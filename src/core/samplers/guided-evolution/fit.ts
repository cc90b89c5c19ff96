/**
 * Fits the kernel's hyperparameters to observed values: maximum a posteriori under normal priors of
 * their logarithms, by Rprop without weight backtracking (Riedmiller & Braun 1993) from a fixed
 * start.
 */
import { at, defined } from '../../at.ts';
import { exp, log } from '../../elementary.ts';
import {
  factorise,
  inverseFromLower,
  invertLower,
  rowStart,
  solveLower,
  solveTransposed,
} from '../../linear-algebra/cholesky.ts';
import type { Axis } from '../../search-space/axis.ts';
import { axisKernel, kernelOf, NOISE_FLOOR, squaredDifference } from './kernel.ts';

const STEPS = 30;
const FIRST_STEP = 0.3;
const LARGEST_STEP = 1.5;
const GROWTH = 1.3;
const SHRINKAGE = 0.5;

/** Start, bounds, and mean and standard deviation of the normal prior of one entry of θ. */
interface Prior {
  readonly start: number;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly sd: number;
}

const WEIGHT: Prior = { start: 0, low: -9, high: 7, mean: 0, sd: 1.5 };
const PRODUCT: Prior = { start: 0, low: -6, high: 5, mean: 0, sd: 1 };
const NOISE: Prior = { start: -5, low: -14, high: 1, mean: -6, sd: 2 };
const AXIS: Prior = { start: -3, low: -9, high: 3, mean: -3, sd: 1.5 };

function priorsOf(dimensions: number): readonly Prior[] {
  const each = (prior: Prior): Prior[] => Array.from({ length: dimensions }, () => prior);
  return [...each(WEIGHT), PRODUCT, NOISE, ...each(AXIS)];
}

/**
 * θ from which every fit starts.
 * @param additive whether the kernel has the sum; without it, the variances in the sum are 0
 */
export function startTheta(dimensions: number, additive = true): Float64Array {
  return Float64Array.from(priorsOf(dimensions), ({ start }, i) =>
    additive || i < dimensions + 2 ? start : -Infinity,
  );
}

/**
 * Returns the best θ met.
 * @param coordinates one row of `axes.length` numbers for each value
 * @param values on the scale of `values.ts`
 */
export function fitted(
  axes: readonly Axis[],
  coordinates: Float64Array,
  values: Float64Array,
  additive = true,
): Float64Array {
  const objective = new FitObjective(axes, coordinates, values);
  const priors = priorsOf(axes.length);
  const theta = startTheta(axes.length, additive);
  const { gradient } = objective;
  const steps = new Float64Array(theta.length).fill(FIRST_STEP);
  const last = new Float64Array(theta.length);
  let smallest = Infinity;
  let best = theta.slice();
  for (let step = 0; step <= STEPS; step++) {
    const value = objective.at(theta);
    if (value < smallest) {
      smallest = value;
      best = theta.slice();
    }
    for (const [i, { low, high }] of priors.entries()) {
      if (theta[i] === -Infinity) continue;
      const slope = at(gradient, i);
      const agreement = slope * at(last, i);
      const isReversed = agreement < 0;
      if (agreement > 0) steps[i] = Math.min(at(steps, i) * GROWTH, LARGEST_STEP);
      else if (isReversed) steps[i] = at(steps, i) * SHRINKAGE;
      last[i] = isReversed ? 0 : slope;
      const move = isReversed ? 0 : Math.sign(slope) * at(steps, i);
      theta[i] = Math.max(low, Math.min(high, at(theta, i) - move));
    }
  }
  return best;
}

/** Negative logarithm of the posterior density of θ, up to a constant, and its gradient. */
export class FitObjective {
  /** Of the last call of `at`. */
  readonly gradient: Float64Array;
  readonly #values: Float64Array;
  readonly #dimensions: number;
  readonly #priors: readonly Prior[];
  /** Squared differences of each pair i ≥ j, one row of an entry per axis each. */
  readonly #squares: Float64Array;
  /** The axes' kernels of the same pairs. */
  readonly #axisKernels: Float64Array;
  readonly #factor: Float64Array;
  readonly #inverseFactor: Float64Array;
  readonly #inverse: Float64Array;
  readonly #product: Float64Array;
  /** Derivative of the product by the weighted squared distance. */
  readonly #productSlope: Float64Array;
  readonly #alpha: Float64Array;

  constructor(axes: readonly Axis[], coordinates: Float64Array, values: Float64Array) {
    const n = values.length;
    const dimensions = axes.length;
    const pairs = rowStart(n);
    this.#values = values;
    this.#dimensions = dimensions;
    this.#priors = priorsOf(dimensions);
    this.gradient = new Float64Array(this.#priors.length);
    this.#squares = new Float64Array(pairs * dimensions);
    this.#axisKernels = new Float64Array(pairs * dimensions);
    let entry = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        for (const [d, axis] of axes.entries()) {
          const a = defined(coordinates[i * dimensions + d]);
          const square = squaredDifference(axis, a, defined(coordinates[j * dimensions + d]));
          this.#squares[entry] = square;
          this.#axisKernels[entry] = axisKernel(square);
          entry += 1;
        }
      }
    }
    this.#factor = new Float64Array(pairs);
    this.#inverseFactor = new Float64Array(pairs);
    this.#inverse = new Float64Array(pairs);
    this.#product = new Float64Array(pairs);
    this.#productSlope = new Float64Array(pairs);
    this.#alpha = new Float64Array(n);
  }

  at(theta: Float64Array): number {
    const n = this.#values.length;
    this.#fill(theta);
    factorise(this.#factor, n);
    this.#alpha.set(this.#values);
    solveLower(this.#factor, n, this.#alpha);
    let value = 0;
    for (let i = 0; i < n; i++) {
      value += 0.5 * defined(this.#alpha[i]) * defined(this.#alpha[i]);
      value += log(defined(this.#factor[rowStart(i) + i]));
    }
    solveTransposed(this.#factor, n, this.#alpha);
    invertLower(this.#factor, n, this.#inverseFactor);
    inverseFromLower(this.#inverseFactor, n, this.#inverse);
    this.#differentiate(theta);
    for (const [i, { mean, sd }] of this.#priors.entries()) {
      if (theta[i] === -Infinity) continue;
      const deviation = (at(theta, i) - mean) / sd;
      value += 0.5 * deviation * deviation;
      this.gradient[i] = at(this.gradient, i) + deviation / sd;
    }
    return value;
  }

  /** Writes the covariance matrix of the observed values into `#factor`. */
  #fill(theta: Float64Array): void {
    const dimensions = this.#dimensions;
    const { weights, productVariance, noiseVariance, axisVariances } = kernelOf(theta, dimensions);
    const n = this.#values.length;
    let pair = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++, pair++) {
        const from = pair * dimensions;
        let squared = 0;
        let sum = 0;
        for (let d = 0; d < dimensions; d++) {
          squared += defined(weights[d]) * defined(this.#squares[from + d]);
          sum += defined(axisVariances[d]) * defined(this.#axisKernels[from + d]);
        }
        const q = Math.sqrt(5 * squared);
        const decay = q === 0 ? 1 : exp(-q);
        const product = (1 + q + (q * q) / 3) * decay;
        this.#product[pair] = product;
        this.#productSlope[pair] = -productVariance * (5 / 6) * (1 + q) * decay;
        this.#factor[pair] =
          productVariance * product + sum + (i === j ? noiseVariance + NOISE_FLOOR : 0);
      }
    }
  }

  /** Writes the gradient of the likelihood's part. */
  #differentiate(theta: Float64Array): void {
    const dimensions = this.#dimensions;
    const { weights, productVariance, noiseVariance, axisVariances } = kernelOf(theta, dimensions);
    const { gradient } = this;
    gradient.fill(0);
    const ofAxes = dimensions + 2;
    let byProduct = 0;
    let byNoise = 0;
    let pair = 0;
    for (let i = 0; i < this.#values.length; i++) {
      const alpha = defined(this.#alpha[i]);
      for (let j = 0; j <= i; j++, pair++) {
        // Both of the entries (i, j) and (j, i) of the derivative by the matrix, ½(ααᵀ − K⁻¹).
        const both = alpha * defined(this.#alpha[j]) - defined(this.#inverse[pair]);
        const slope = i === j ? 0.5 * both : both;
        if (i === j) byNoise += slope;
        byProduct += slope * defined(this.#product[pair]);
        const bySquare = slope * defined(this.#productSlope[pair]);
        const from = pair * dimensions;
        for (let d = 0; d < dimensions; d++) {
          gradient[d] = defined(gradient[d]) + bySquare * defined(this.#squares[from + d]);
          gradient[ofAxes + d] =
            defined(gradient[ofAxes + d]) + slope * defined(this.#axisKernels[from + d]);
        }
      }
    }
    for (let d = 0; d < dimensions; d++) {
      gradient[d] = -defined(weights[d]) * defined(gradient[d]);
      gradient[ofAxes + d] = -defined(axisVariances[d]) * defined(gradient[ofAxes + d]);
    }
    gradient[dimensions] = -productVariance * byProduct;
    gradient[dimensions + 1] = -noiseVariance * byNoise;
  }
}
