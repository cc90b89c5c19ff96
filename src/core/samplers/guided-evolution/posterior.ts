/**
 * The model's belief about points after some trials ended and others are running: a Gaussian
 * process. A running trial counts as ended with its predicted value (kriging believer, Ginsbourger
 * et al. 2010).
 */
import { at, defined } from '../../at.ts';
import {
  factorise,
  rowStart,
  solveLower,
  solveLowerTogether,
  TOGETHER,
} from '../../linear-algebra/cholesky.ts';
import type { Axis } from '../../search-space/axis.ts';
import {
  axisKernel,
  kernelOf,
  matern,
  NOISE_FLOOR,
  priorVariance,
  squaredDifference,
} from './kernel.ts';
import type { Kernel } from './kernel.ts';

/** Smallest variance of a prediction. */
const SMALLEST_VARIANCE = 1e-12;
/** Rows for each axis that there is room for at first. */
const FIRST_ROWS = 128;

export interface Predictions {
  readonly means: Float64Array;
  /** Standard deviations of the function itself, without noise. */
  readonly sds: Float64Array;
}

export class Posterior {
  /** Predicted value of each running trial, in order. */
  readonly believed: Float64Array;
  readonly kernel: Kernel;
  readonly #axes: readonly Axis[];
  /** Coordinates of the ended trials, then of the running ones. */
  readonly #coordinates: Float64Array;
  readonly #size: number;
  readonly #factor: Float64Array;
  /** L⁻¹·z; 0 for running trials, whose value is the predicted one. */
  readonly #solved: Float64Array;
  /**
   * Parts of the kernel between one coordinate of an axis and every point of the model: weighted
   * squared differences, then the axis's own kernel. Candidates share most of their coordinates.
   */
  #rows: Float64Array;
  /** Starts of the rows by coordinate, for each axis. */
  readonly #starts: readonly Map<number, number>[];
  /** Number of entries of `#rows` in use. */
  #filled = 0;
  readonly #squared: Float64Array;
  readonly #summed: Float64Array;
  readonly #block: Float64Array;

  /**
   * @param coordinates one row for each value, then one for each running trial
   * @param values of the ended trials
   */
  constructor(
    axes: readonly Axis[],
    theta: Float64Array,
    coordinates: Float64Array,
    values: Float64Array,
  ) {
    const ended = values.length;
    const size = coordinates.length / axes.length;
    this.#axes = axes;
    this.#coordinates = coordinates;
    this.#size = size;
    this.kernel = kernelOf(theta, axes.length);
    this.#rows = new Float64Array(2 * size * axes.length * FIRST_ROWS);
    this.#starts = axes.map(() => new Map<number, number>());
    this.#squared = new Float64Array(size);
    this.#summed = new Float64Array(size);
    this.#block = new Float64Array(TOGETHER * size);
    this.#factor = this.#covariances();
    factorise(this.#factor, size);
    this.#solved = new Float64Array(size);
    this.#solved.set(values);
    solveLower(this.#factor, ended, this.#solved);
    this.believed = Float64Array.from({ length: size - ended }, (_, k) => {
      const row = rowStart(ended + k);
      let mean = 0;
      for (let i = 0; i < ended; i++) mean += at(this.#factor, row + i) * at(this.#solved, i);
      return mean;
    });
  }

  /** @param coordinates one row for each point */
  predict(coordinates: Float64Array): Predictions {
    const size = this.#size;
    const block = this.#block;
    const solved = this.#solved;
    const count = coordinates.length / this.#axes.length;
    const prior = priorVariance(this.kernel);
    const means = new Float64Array(count);
    const sds = new Float64Array(count);
    for (let first = 0; first < count; first += TOGETHER) {
      const columns = Math.min(TOGETHER, count - first);
      for (let column = 0; column < columns; column++) {
        this.#sumAxes(coordinates, first + column, size);
        for (let i = 0; i < size; i++) block[TOGETHER * i + column] = this.#covariance(i);
      }
      solveLowerTogether(this.#factor, size, block);
      for (let column = 0; column < columns; column++) {
        let mean = 0;
        let explained = 0;
        for (let i = 0, from = column; i < size; i++, from += TOGETHER) {
          const weight = defined(block[from]);
          mean += weight * defined(solved[i]);
          explained += weight * weight;
        }
        means[first + column] = mean;
        sds[first + column] = Math.sqrt(Math.max(prior - explained, SMALLEST_VARIANCE));
      }
    }
    return { means, sds };
  }

  /** Lower triangle of the covariance matrix of the points. */
  #covariances(): Float64Array {
    const matrix = new Float64Array(rowStart(this.#size));
    const noise = this.kernel.noiseVariance + NOISE_FLOOR;
    for (let i = 0; i < this.#size; i++) {
      this.#sumAxes(this.#coordinates, i, i + 1);
      const row = rowStart(i);
      for (let j = 0; j <= i; j++) matrix[row + j] = this.#covariance(j);
      matrix[row + i] = defined(matrix[row + i]) + noise;
    }
    return matrix;
  }

  /** Prepares `#covariance` of a point with the first `count` points of the model. */
  #sumAxes(coordinates: Float64Array, point: number, count: number): void {
    const squared = this.#squared.fill(0);
    const summed = this.#summed.fill(0);
    const dimensions = this.#axes.length;
    for (const [d, axis] of this.#axes.entries()) {
      const start = this.#row(axis, defined(coordinates[point * dimensions + d]));
      const rows = this.#rows;
      const kernels = start + this.#size;
      for (let i = 0; i < count; i++) {
        squared[i] = defined(squared[i]) + defined(rows[start + i]);
        summed[i] = defined(summed[i]) + defined(rows[kernels + i]);
      }
    }
  }

  #covariance(i: number): number {
    return (
      this.kernel.productVariance * matern(defined(this.#squared[i])) + defined(this.#summed[i])
    );
  }

  /** Start of the row of a coordinate, which is computed once. */
  #row(axis: Axis, coordinate: number): number {
    const starts = at(this.#starts, axis.index);
    const known = starts.get(coordinate);
    if (known !== undefined) return known;
    const start = this.#filled;
    const size = this.#size;
    this.#filled += 2 * size;
    if (this.#filled > this.#rows.length) {
      const before = this.#rows;
      this.#rows = new Float64Array(2 * before.length);
      this.#rows.set(before);
    }
    const rows = this.#rows;
    const weight = at(this.kernel.weights, axis.index);
    const variance = at(this.kernel.axisVariances, axis.index);
    const dimensions = this.#axes.length;
    for (let i = 0, from = axis.index; i < size; i++, from += dimensions) {
      const square = squaredDifference(axis, defined(this.#coordinates[from]), coordinate);
      rows[start + i] = weight * square;
      rows[start + size + i] = variance * axisKernel(square);
    }
    starts.set(coordinate, start);
    return start;
  }
}
