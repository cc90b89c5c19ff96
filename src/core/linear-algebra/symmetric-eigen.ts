/**
 * Eigen-decomposition of small dense symmetric matrices by cyclic Jacobi rotations (Golub & Van
 * Loan, "Matrix Computations", § 8.5). Chosen over faster methods because it needs only + − × ÷ and
 * √ in a fixed order, so results have the same bits on every engine, and because it computes small
 * eigenvalues of positive definite matrices accurately. O(n³) per sweep, 5 to 10 sweeps. Matrices
 * are stored by rows, with both triangles.
 */
import { defined } from '../at.ts';

const MOST_SWEEPS = 60;
/** Share of the geometric mean of two diagonal entries below which their entry counts as zero. */
const NEGLIGIBLE = 1e-17;

export interface Eigen {
  /** Eigenvalues in no particular order. */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors: entry i of the k-th is at i·n + k. */
  readonly vectors: Float64Array;
}

/** Decomposes a symmetric matrix of `n` rows with finite entries; leaves it unchanged. */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = Float64Array.from(matrix);
  const vectors = new Float64Array(n * n);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  let rotated = true;
  for (let sweep = 0; rotated && sweep < MOST_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++) if (rotate(a, vectors, n, p, q)) rotated = true;
  }
  return { values: Float64Array.from({ length: n }, (_, i) => defined(a[i * n + i])), vectors };
}

/** Makes the entry (p, q) zero by a rotation; returns whether it was not negligible. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): boolean {
  const entry = defined(a[p * n + q]);
  const first = defined(a[p * n + p]);
  const second = defined(a[q * n + q]);
  if (Math.abs(entry) <= NEGLIGIBLE * Math.sqrt(Math.abs(first)) * Math.sqrt(Math.abs(second)))
    return false;
  const theta = (second - first) / (2 * entry);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let i = 0; i < n; i++) {
    const x = defined(vectors[i * n + p]);
    const y = defined(vectors[i * n + q]);
    vectors[i * n + p] = cosine * x - sine * y;
    vectors[i * n + q] = sine * x + cosine * y;
    if (i === p || i === q) continue;
    const u = defined(a[i * n + p]);
    const v = defined(a[i * n + q]);
    a[i * n + p] = a[p * n + i] = cosine * u - sine * v;
    a[i * n + q] = a[q * n + i] = sine * u + cosine * v;
  }
  a[p * n + p] = first - tangent * entry;
  a[q * n + q] = second + tangent * entry;
  a[p * n + q] = 0;
  a[q * n + p] = 0;
  return true;
}
