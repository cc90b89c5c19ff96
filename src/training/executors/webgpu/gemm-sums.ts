/**
 * Sums of a product's rows over blocks of columns, as balanced trees of fixed shape: the tile and
 * what a thread has of it change no bit.
 */
import { range, u } from './kernel.ts';
import type { Tile } from './tiles.ts';

/** Columns of a block whose sums a product stores; tiles have whole blocks. */
export const COLUMNS = 32;

/**
 * `moments`: the mean of a block and the sum of its centred squares. `products`: the sum, and the
 * sum of products with second(lane, group, i, j). WGSL function putSums(lane, group, i, block, a,
 * b) stores them.
 */
export interface RowSums {
  readonly kind: 'moments' | 'products';
  /** WGSL of the number of columns that count. */
  readonly valid: string;
}

/** Declares the sums of each thread's columns in a row, and the first sum of each block. */
export function summingMemory({ bm, bn, tn }: Tile): string {
  return `var<workgroup> parts: array<f32, ${String((bm * bn) / tn)}>;
var<workgroup> firsts: array<f32, ${String((bm * bn) / COLUMNS)}>;`;
}

/** Rows and columns of a product, and its tile. */
interface Summed {
  readonly m: number;
  readonly n: number;
  readonly tile: Tile;
}

/** Stores the elements of a tile and the sums of its blocks. */
export function summing({ m, n, tile }: Summed, { kind, valid }: RowSums): string {
  const { bm, bn, tm, tn } = tile;
  const columns = bn / tn;
  const threads = (bm / tm) * columns;
  const blocks = bn / COLUMNS;
  const own = tree(range(tn).map((q) => `c[r * ${u(tn)} + ${u(q)}]`));
  const across = tree(range(COLUMNS / tn).map((q) => `parts[start + ${u(q)}]`));
  const eachElement = (body: string): string => `for (var a = 0u; a < ${u(tm * tn)}; a++) {
    let r = a / ${u(tn)}; let i = i0 + ti + r; let j = j0 + tj + a % ${u(tn)};
    ${body}
  }`;
  /** Sums `c`, and gives `sum` of row `e / blocks` and block `e % blocks` to a thread. */
  const eachBlock = (body: string): string => `workgroupBarrier();
  for (var r = 0u; r < ${u(tm)}; r++) { parts[(ti + r) * ${u(columns)} + t % ${u(columns)}] = ${own}; }
  workgroupBarrier();
  for (var e = t; e < ${u(bm * blocks)}; e += ${u(threads)}) {
    let i = i0 + e / ${u(blocks)}; let j = j0 + e % ${u(blocks)} * ${u(COLUMNS)};
    let start = e / ${u(blocks)} * ${u(columns)} + e % ${u(blocks)} * ${u(COLUMNS / tn)};
    let sum = ${across};
    ${body}
  }`;
  const stored = `if (i < ${u(m)} && j < ${u(n)}) {
      putSums(lane, group, i, j / ${u(COLUMNS)}, firsts[e], sum);
    }`;
  const first =
    kind === 'moments'
      ? `firsts[e] = sum / f32(max(1u, min(${u(COLUMNS)}, max(valid, j) - j)));`
      : 'firsts[e] = sum;';
  const second =
    kind === 'moments'
      ? `let d = c[a] - firsts[(ti + r) * ${u(blocks)} + tj / ${u(COLUMNS)}];
    c[a] = select(0.0, d * d, j < valid);`
      : `var v = 0.0;
    if (i < ${u(m)} && j < ${u(n)}) { v = c[a] * second(lane, group, i, j); }
    c[a] = select(0.0, v, j < valid);`;
  return `let valid = ${valid};
  ${eachElement(`var v = 0.0;
    if (i < ${u(m)} && j < ${u(n)}) { v = put(place, lane, group, split, i, j, c[a]); }
    c[a] = select(0.0, v, j < valid);`)}
  ${eachBlock(first)}
  workgroupBarrier();
  ${eachElement(second)}
  ${eachBlock(stored)}`;
}

/** A balanced sum of a power of two of texts. */
function tree(texts: readonly string[]): string {
  if (texts.length === 1) return texts[0] ?? '';
  const half = texts.length / 2;
  return `(${tree(texts.slice(0, half))} + ${tree(texts.slice(half))})`;
}
