/**
 * Cholesky factorisation and triangular solves for small dense matrices. A lower triangle is stored
 * by rows without gaps: row i starts at i·(i + 1)/2. Sums run in the order of the index, so results
 * have the same bits on every engine.
 */
import { defined } from '../at.ts';

/** Smallest pivot before its root is taken: keeps near-singular matrices positive definite. */
const SMALLEST_PIVOT = 1e-12;

/** Index of the first entry of a row; also the number of entries of `row` rows. */
export function rowStart(row: number): number {
  return (row * (row + 1)) / 2;
}

/** Replaces the lower triangle of a symmetric matrix of `n` rows by its Cholesky factor. */
export function factorise(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    const row = rowStart(i);
    for (let j = 0; j < i; j++) {
      const other = rowStart(j);
      let sum = defined(matrix[row + j]);
      for (let k = 0; k < j; k++) sum -= defined(matrix[row + k]) * defined(matrix[other + k]);
      matrix[row + j] = sum / defined(matrix[other + j]);
    }
    let pivot = defined(matrix[row + i]);
    for (let k = 0; k < i; k++) pivot -= defined(matrix[row + k]) * defined(matrix[row + k]);
    matrix[row + i] = Math.sqrt(Math.max(pivot, SMALLEST_PIVOT));
  }
}

/** Replaces `x` by L⁻¹·x. */
export function solveLower(factor: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = rowStart(i);
    let sum = defined(x[i]);
    for (let k = 0; k < i; k++) sum -= defined(factor[row + k]) * defined(x[k]);
    x[i] = sum / defined(factor[row + i]);
  }
}

/** Replaces `x` by L⁻ᵀ·x. */
export function solveTransposed(factor: Float64Array, n: number, x: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = rowStart(i);
    const solved = defined(x[i]) / defined(factor[row + i]);
    x[i] = solved;
    for (let k = 0; k < i; k++) x[k] = defined(x[k]) - solved * defined(factor[row + k]);
  }
}

/** Columns that `solveLowerTogether` solves at a time. */
export const TOGETHER = 4;

/**
 * Replaces four right-hand sides by L⁻¹·x. Entry i of column c is at 4·i + c. Four independent sums
 * take about as long as one, which waits for each of its additions.
 */
export function solveLowerTogether(factor: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = rowStart(i);
    const at = TOGETHER * i;
    let a = defined(x[at]);
    let b = defined(x[at + 1]);
    let c = defined(x[at + 2]);
    let d = defined(x[at + 3]);
    for (let k = 0, from = 0; k < i; k++, from += TOGETHER) {
      const weight = defined(factor[row + k]);
      a -= weight * defined(x[from]);
      b -= weight * defined(x[from + 1]);
      c -= weight * defined(x[from + 2]);
      d -= weight * defined(x[from + 3]);
    }
    const pivot = defined(factor[row + i]);
    x[at] = a / pivot;
    x[at + 1] = b / pivot;
    x[at + 2] = c / pivot;
    x[at + 3] = d / pivot;
  }
}

/** Writes the lower triangle of L⁻¹ to `out`. */
export function invertLower(factor: Float64Array, n: number, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const row = rowStart(i);
    const pivot = defined(factor[row + i]);
    out.fill(0, row, row + i);
    for (let k = 0; k < i; k++) {
      const weight = defined(factor[row + k]);
      const other = rowStart(k);
      for (let j = 0; j <= k; j++)
        out[row + j] = defined(out[row + j]) - weight * defined(out[other + j]);
    }
    for (let j = 0; j < i; j++) out[row + j] = defined(out[row + j]) / pivot;
    out[row + i] = 1 / pivot;
  }
}

/** Writes the lower triangle of (L·Lᵀ)⁻¹ = L⁻ᵀ·L⁻¹ to `out`, from L⁻¹. */
export function inverseFromLower(inverse: Float64Array, n: number, out: Float64Array): void {
  out.fill(0, 0, rowStart(n));
  for (let k = 0; k < n; k++) {
    const row = rowStart(k);
    for (let i = 0; i <= k; i++) {
      const weight = defined(inverse[row + i]);
      const target = rowStart(i);
      for (let j = 0; j <= i; j++)
        out[target + j] = defined(out[target + j]) + weight * defined(inverse[row + j]);
    }
  }
}
