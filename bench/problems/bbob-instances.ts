/**
 * Random constants of an instance of a BBOB function: optimum, offset, rotations. They come from
 * the generator of the 2009 reference code (Hansen, Finck, Ros, Auger), so that instances equal
 * those of COCO.
 */
import { at } from '../../src/core/at.ts';

export type Matrix = readonly (readonly number[])[];

/** Seed of an instance's constants. Functions 4 and 18 share the seeds of 3 and 17. */
export function instanceSeed(functionNumber: number, instance: number): number {
  const base = functionNumber === 4 ? 3 : functionNumber === 18 ? 17 : functionNumber;
  return base + 10_000 * instance;
}

/**
 * Returns `count` values on (0, 1): a Lehmer generator whose output is shuffled by a table of 32.
 */
export function uniforms(count: number, seed: number): number[] {
  let state = Math.max(1, Math.abs(seed));
  const next = (): number => {
    const quotient = Math.floor(state / 127_773);
    state = 16_807 * (state - quotient * 127_773) - 2_836 * quotient;
    if (state < 0) state += 2_147_483_647;
    return state;
  };
  const table = new Array<number>(32).fill(0);
  for (let i = 39; i >= 0; i--) {
    const value = next();
    if (i < 32) table[i] = value;
  }
  let output = at(table, 0);
  return Array.from({ length: count }, () => {
    const value = next();
    const place = Math.floor(output / 67_108_865);
    output = at(table, place);
    table[place] = value;
    const uniform = output / 2.147483647e9;
    return uniform === 0 ? 1e-99 : uniform;
  });
}

/** Returns `count` standard normal values (Box and Muller). */
export function normals(count: number, seed: number): number[] {
  const draws = uniforms(2 * count, seed);
  return Array.from({ length: count }, (_, i) => {
    const normal =
      Math.sqrt(-2 * Math.log(at(draws, i))) * Math.cos(2 * Math.PI * at(draws, count + i));
    return normal === 0 ? 1e-99 : normal;
  });
}

/** Returns the optimum of most functions, rounded to four decimals within [−4, 4]. */
export function optimumPoint(dimensions: number, seed: number): number[] {
  return uniforms(dimensions, seed).map((uniform) => {
    const value = (8 * Math.floor(1e4 * uniform)) / 1e4 - 4;
    return value === 0 ? -1e-5 : value;
  });
}

/** Returns the offset added to a function's values, within ±1000. */
export function valueOffset(seed: number): number {
  const [numerator] = normals(1, seed);
  const [denominator] = normals(1, seed + 1);
  const ratio = Math.round((100 * 100 * (numerator ?? NaN)) / (denominator ?? NaN)) / 100;
  return Math.min(1000, Math.max(-1000, ratio));
}

/** Returns an orthogonal matrix: Gram–Schmidt over the columns of a matrix of normal values. */
export function rotation(dimensions: number, seed: number): Matrix {
  const draws = normals(dimensions * dimensions, seed);
  const columns = Array.from({ length: dimensions }, (_, j) =>
    draws.slice(j * dimensions, (j + 1) * dimensions),
  );
  columns.forEach((column, i) => {
    for (const earlier of columns.slice(0, i)) {
      const product = dot(column, earlier);
      earlier.forEach((value, k) => (column[k] = at(column, k) - product * value));
    }
    const length = Math.sqrt(dot(column, column));
    column.forEach((value, k) => (column[k] = value / length));
  });
  return Array.from({ length: dimensions }, (_, i) => columns.map((column) => at(column, i)));
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * at(b, i), 0);
}

export function apply(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector));
}
