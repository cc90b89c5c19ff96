/**
 * dense, forwards and for the input's gradient: y[o] = b[o] + Σ_k M[o,k]·x[k], batch innermost, up to 6 outputs' sums at once so
 * that each x is loaded once for all of them.
 */
import type { Body, Local } from '../instructions.ts';
import { LANE } from './frame.ts';

export interface MatrixProduct {
  readonly outputs: number;
  readonly terms: number;
  /** Byte offset of M in the lane's block, and the steps between outputs and terms, in elements. */
  readonly matrix: number;
  readonly outputStep: number;
  readonly termStep: number;
  /** Byte offset of b. */
  readonly bias: number | undefined;
  /** Tile layouts. */
  readonly x: number;
  readonly y: number;
  readonly accumulate: boolean;
}

const LONGEST_SUM = 4096;
/** Sums and as many weights fill the registers. */
const MOST_OUTPUTS = 6;

export function emitMatrixProduct(body: Body, product: MatrixProduct): void {
  for (let first = 0; first < product.terms; first += LONGEST_SUM) {
    emitTerms(body, product, first, Math.min(LONGEST_SUM, product.terms - first));
  }
}

function blockOf(outputs: number): number {
  for (let block = Math.min(MOST_OUTPUTS, outputs); block >= 4; block--) if (outputs % block === 0) return block;
  return Math.min(MOST_OUTPUTS, outputs);
}

function emitTerms(body: Body, product: MatrixProduct, first: number, terms: number): void {
  const block = blockOf(product.outputs);
  const [m, b, y] = body.locals('i32', 3) as [Local, Local, Local];
  body
    .get(LANE)
    .i32(product.matrix + first * product.termStep * 4)
    .plain('i32.add')
    .set(m);
  body
    .get(LANE)
    .i32(product.bias ?? 0)
    .plain('i32.add')
    .set(b);
  body.i32(product.y).set(y);
  const whole = Math.floor(product.outputs / block);
  const add = first > 0 || product.accumulate;
  body.repeat(
    whole,
    [
      [m, block * product.outputStep * 4],
      [b, block * 4],
      [y, block * 16],
    ],
    () => {
      emitBlock(body, product, { count: block, first, terms, add, m, b, y });
    },
  );
  const rest = product.outputs - whole * block;
  if (rest > 0) emitBlock(body, product, { count: rest, first, terms, add, m, b, y });
  body.release('i32', m, b, y);
}

interface Block {
  readonly count: number;
  readonly first: number;
  readonly terms: number;
  readonly add: boolean;
  readonly m: Local;
  readonly b: Local;
  readonly y: Local;
}

function emitBlock(body: Body, product: MatrixProduct, { count, first, terms, add, m, b, y }: Block): void {
  const sums = body.locals('v128', count);
  sums.forEach((sum, o) => {
    if (product.bias === undefined || first > 0) body.f32x4(0).set(sum);
    else
      body
        .get(b)
        .loadSplat(4 * o)
        .set(sum);
  });
  const [at, x] = body.locals('i32', 2) as [Local, Local];
  const value = body.local('v128');
  body
    .get(m)
    .set(at)
    .i32(product.x + first * 16)
    .set(x);
  body.repeat(
    terms,
    [
      [at, product.termStep * 4],
      [x, 16],
    ],
    () => {
      body.get(x).load('v128').set(value);
      sums.forEach((sum, o) => {
        body
          .get(sum)
          .get(at)
          .loadSplat(o * product.outputStep * 4)
          .get(value)
          .vector('f32x4.mul')
          .vector('f32x4.add')
          .set(sum);
      });
    },
  );
  sums.forEach((sum, o) => {
    body.get(y);
    if (add)
      body
        .get(y)
        .load('v128', 16 * o)
        .get(sum)
        .vector('f32x4.add');
    else body.get(sum);
    body.store('v128', 16 * o);
  });
  body.release('i32', at, x);
  body.release('v128', value, ...sums);
}
