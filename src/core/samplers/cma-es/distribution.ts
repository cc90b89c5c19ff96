/** The search distribution of CatCMA with Margin: its parameters and how samples are drawn. */
import { at, defined } from '../../at.ts';
import { symmetricEigen } from '../../linear-algebra/symmetric-eigen.ts';
import type { Stream } from '../../random.ts';
import type { Sample } from './mixed-space.ts';
import { EPSILON } from './strategy.ts';
import type { Strategy } from './strategy.ts';

/** Samples are m + σ·A·N(0, C), A diagonal. Matrices are stored by rows. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly sigma: number;
  readonly covariance: Float64Array;
  /** Standard deviations along the axes of C, in no order, and the axes, the k-th in column k. */
  readonly deviations: Float64Array;
  readonly axes: Float64Array;
  /** C^½ and C^−½, symmetric. */
  readonly root: Float64Array;
  readonly inverseRoot: Float64Array;
  /** Evolution paths of the step size and of the covariance. */
  readonly sigmaPath: Float64Array;
  readonly path: Float64Array;
  /** Diagonal of A, by which the margin widens ordinal coordinates; 1 for continuous ones. */
  readonly scale: Float64Array;
  /** Probability with which each ordinal leaves the value of the mean. */
  readonly leaving: Float64Array;
  /** Recent interquartile ranges of the values, latest first: the unit of the penalty. */
  readonly ranges: readonly number[];
}

/** Probabilities of the choices, and the state of their adaptive natural gradient (ASNG). */
export interface Categorical {
  readonly probabilities: readonly Float64Array[];
  /** Learning rate of the next update: 1/Δ of the generation before, as in the package. */
  readonly rate: number;
  /** Δ, which grows while the gradients are noise. */
  readonly slowness: number;
  readonly gamma: number;
  /** Accumulated gradient. */
  readonly signal: Float64Array;
}

export interface Distribution {
  /** Number of updates since the last restart. */
  readonly generation: number;
  /** Number of generations before the last restart. */
  readonly before: number;
  /** Smallest and largest value of the last generations, latest first. */
  readonly values: readonly (readonly [number, number])[];
  readonly gaussian: Gaussian;
  readonly categorical: Categorical;
}

/**
 * Returns a first distribution: all choices equally probable.
 * @param mean its centre; default: that of the space
 * @param before number of generations of the distributions that were given up before
 */
export function initialDistribution(
  { space, numeric }: Strategy,
  deviations: ArrayLike<number>,
  mean = new Float64Array(numeric).fill(0.5),
  before = 0,
): Distribution {
  const { ladders, choices } = space;
  const covariance = new Float64Array(numeric * numeric);
  for (let i = 0; i < numeric; i++)
    covariance[i * numeric + i] = at(deviations, i) * at(deviations, i);
  return {
    generation: 0,
    before,
    values: [],
    gaussian: {
      mean,
      sigma: 1,
      ...roots(covariance, numeric),
      sigmaPath: new Float64Array(numeric),
      path: new Float64Array(numeric),
      scale: new Float64Array(numeric).fill(1),
      leaving: new Float64Array(ladders.length).fill(0.5 - EPSILON),
      ranges: [],
    },
    categorical: {
      probabilities: choices.map((count) => new Float64Array(count).fill(1 / count)),
      rate: 1,
      slowness: 1,
      gamma: 0,
      signal: new Float64Array(choices.reduce((total, count) => total + count - 1, 0)),
    },
  };
}

/** Draws a sample; consumes one word per numeric coordinate and two per categorical. */
export function drawn({ gaussian, categorical }: Distribution, stream: Stream): Sample {
  const { mean, sigma, root, scale } = gaussian;
  const n = mean.length;
  const normals = Float64Array.from(mean, () => stream.normal());
  return {
    raw: mean.map((centre, i) => centre + sigma * at(scale, i) * row(root, n, i, normals)),
    chosen: Float64Array.from(categorical.probabilities, (probabilities) =>
      choiceAt(probabilities, stream.uniform53()),
    ),
  };
}

/** First choice whose cumulated probability exceeds a uniform draw. */
function choiceAt(probabilities: Float64Array, uniform: number): number {
  let cumulated = 0;
  for (let choice = 0; choice < probabilities.length - 1; choice++) {
    cumulated += defined(probabilities[choice]);
    if (uniform < cumulated) return choice;
  }
  return probabilities.length - 1;
}

/** Returns a covariance made symmetric and positive definite, with its axes and roots. */
export function roots(
  matrix: Float64Array,
  n: number,
): Pick<Gaussian, 'covariance' | 'deviations' | 'axes' | 'root' | 'inverseRoot'> {
  const symmetric = matrix.slice();
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      symmetric[i * n + j] = (defined(matrix[i * n + j]) + defined(matrix[j * n + i])) / 2;
  const { values, vectors } = symmetricEigen(symmetric, n);
  const deviations = values.map((value) => Math.sqrt(value > 0 ? value : EPSILON));
  const composed = (weights: Float64Array): Float64Array => {
    const out = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let total = 0;
        for (let k = 0; k < n; k++)
          total += defined(vectors[i * n + k]) * defined(weights[k]) * defined(vectors[j * n + k]);
        out[i * n + j] = out[j * n + i] = total;
      }
    return out;
  };
  return {
    deviations,
    axes: vectors,
    covariance: composed(deviations.map((deviation) => deviation * deviation)),
    root: composed(deviations),
    inverseRoot: composed(deviations.map((deviation) => 1 / deviation)),
  };
}

/** Product of row i of a matrix of n columns with a vector. */
export function row(matrix: Float64Array, n: number, i: number, vector: Float64Array): number {
  let total = 0;
  for (let j = 0; j < n; j++) total += defined(matrix[i * n + j]) * defined(vector[j]);
  return total;
}
