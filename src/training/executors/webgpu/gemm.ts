/**
 * Emits matrix products: C[i,j] = Σ_k A(i,k)·B(k,j) for each lane and group, in tiles through
 * workgroup memory. Convolutions gather in the loaders (implicit GEMM). k ascends whatever the
 * tile, and where a sum is split depends on the plan only, so that tiles and lanes change no bit.
 */
import { COLUMNS, summing, summingMemory, type RowSums } from './gemm-sums.ts';
import { LANE, range, u, type Kernel } from './kernel.ts';
import type { Tile } from './tiles.ts';

export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly groups: number;
  readonly splits: number;
  readonly tile: Tile;
  /**
   * WGSL functions decodeK(group, k) and decodeJ(group, j), called once for each k of a tile and
   * each j, of type vec4<i32>; loadA(lane, group, i, k, decoded k) and loadB(lane, group, k, j,
   * decoded k, decoded j); put(place, lane, group, split, i, j, value), or with a window
   * putWindow(place, lane, group, i, window, values).
   */
  readonly code: string;
  /** Index along which neighbouring elements of A and B are neighbours in memory. */
  readonly alongA: 'i' | 'k';
  readonly alongB: 'k' | 'j';
  /** Neighbouring columns that one thread has and stores together. */
  readonly window?: number | undefined;
  /** Sums of each row over blocks of columns; put returns what is summed. */
  readonly sums?: RowSums | undefined;
}

/** Terms of a tile that the text repeats, where a thread has many sums. */
const UNROLLED = 16;
/** Granularity of splits, in terms; a constant and not the tile's depth. */
const SPLIT = 32;

export function product(name: string, p: Product): Kernel {
  const { bm, bn, bk, tm, tn } = p.tile;
  if (p.sums !== undefined && bn % COLUMNS !== 0)
    throw new RangeError(`${name}: a tile of ${String(bn)} columns has no whole blocks`);
  const columns = bn / tn;
  const threads = (bm / tm) * columns;
  const tilesM = Math.ceil(p.m / bm);
  const perSplit = Math.ceil(p.k / p.splits / SPLIT) * SPLIT;
  const sums = range(tm * tn).map((a) => `c${String(a)}`);
  // Splits are multiples of every depth, so that only the last tile of all may reach over k.
  const wholeK = p.k % bk === 0 && SPLIT % bk === 0 ? [] : ['k0 + q < k1'];
  const fillA = fill('ta', bm, bk, threads, p.alongA === 'i', {
    inside: [...wholeK, ...(p.m % bm === 0 ? [] : [`i0 + r < ${u(p.m)}`])],
    load: 'loadA(lane, group, i0 + r, k0 + q, kt[q])',
  });
  // A thread that keeps its column keeps what it decoded.
  const keeps = p.alongB === 'j' && threads % bn === 0;
  const fillB = fill('tb', bn, bk, threads, p.alongB === 'j', {
    inside: [...wholeK, ...(p.n % bn === 0 ? [] : [`j0 + r < ${u(p.n)}`])],
    load: `loadB(lane, group, k0 + q, j0 + r, kt[q], ${keeps ? 'column' : 'jt[r]'})`,
  });
  const decodedK = `for (var e = t; e < ${u(bk)}; e += ${u(threads)}) { kt[e] = decodeK(group, next + e); }`;
  const decodedJ = keeps
    ? `let column = decodeJ(group, j0 + t % ${u(bn)});`
    : `for (var e = t; e < ${u(bn)}; e += ${u(threads)}) { jt[e] = decodeJ(group, j0 + e); }`;
  const unrolled = tm * tn >= 16 && bk % UNROLLED === 0 ? UNROLLED : 1;
  const code = `${p.code}
var<workgroup> ta: array<f32, ${String(bm * bk)}>; var<workgroup> tb: array<f32, ${String(bn * bk)}>;
var<workgroup> kt: array<vec4<i32>, ${String(bk)}>;
${keeps ? '' : `var<workgroup> jt: array<vec4<i32>, ${String(bn)}>;`}
${p.sums === undefined ? '' : summingMemory(p.tile)}
@compute @workgroup_size(${String(threads)})
fn main(@builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  ${LANE}
  let i0 = (w.y % ${u(tilesM)}) * ${u(bm)}; let j0 = w.x * ${u(bn)}; let rest = w.y / ${u(tilesM)};
  let split = rest % ${u(p.splits)}; let group = rest / ${u(p.splits)};
  let first = split * ${u(perSplit)}; let k1 = min(${u(p.k)}, first + ${u(perSplit)});
  let ti = (t / ${u(columns)}) * ${u(tm)}; let tj = (t % ${u(columns)}) * ${u(tn)};
  ${sums.map((c) => `var ${c} = 0.0;`).join(' ')}
  var next = first; ${decodedK}
  ${decodedJ}
  workgroupBarrier();
  for (var k0 = first; k0 < k1; k0 += ${u(bk)}) {
    ${fillA}
    ${fillB}
    workgroupBarrier();
    for (var q0 = 0u; q0 < ${u(bk)}; q0 += ${u(unrolled)}) {
      ${range(unrolled)
        .map((q) => terms(p.tile, q))
        .join('\n      ')}
    }
    next = k0 + ${u(bk)}; ${decodedK}
    workgroupBarrier();
  }
  var c = array<f32, ${String(tm * tn)}>(${sums.join()});
  ${epilogue(p)}
}`;
  const groups = [Math.ceil(p.n / bn), tilesM * p.splits * p.groups] as const;
  const flops = 2 * p.m * p.n * p.k * p.groups;
  return { name, code, groups, perLane: true, flops, sides: { m: p.m, n: p.n } };
}

/** Adds term q0 + q of the tile to each sum of a thread. */
function terms({ bm, bn, tm, tn }: Tile, q: number): string {
  const load = (name: string, from: string, size: number, first: string, count: number): string =>
    range(count)
      .map(
        (i) =>
          `let ${name}${String(i)} = ${from}[(q0 + ${u(q)}) * ${u(size)} + ${first} + ${u(i)}];`,
      )
      .join(' ');
  const added = range(tm * tn).map((a) => {
    const [row, column, c] = [
      `a${String(Math.floor(a / tn))}`,
      `b${String(a % tn)}`,
      `c${String(a)}`,
    ];
    return `${c} = fma(${row}, ${column}, ${c});`;
  });
  return `{ ${load('a', 'ta', bm, 'ti', tm)} ${load('b', 'tb', bn, 'tj', tn)} ${added.join(' ')} }`;
}

function epilogue(p: Product): string {
  if (p.sums !== undefined) return summing(p, p.sums);
  return p.window === undefined ? puts(p) : putsOfWindows(p, p.window);
}

/** One call of put and not one for each sum: compilers take seconds over the copies. */
function puts({ m, n, tile: { tm, tn } }: Product): string {
  return `for (var a = 0u; a < ${u(tm * tn)}; a++) {
    let i = i0 + ti + a / ${u(tn)}; let j = j0 + tj + a % ${u(tn)};
    if (i < ${u(m)} && j < ${u(n)}) { put(place, lane, group, split, i, j, c[a]); }
  }`;
}

function putsOfWindows({ m, n, tile: { tm, tn } }: Product, window: number): string {
  return `for (var a = 0u; a < ${u(tm * tn)}; a += ${u(window)}) {
    let i = i0 + ti + a / ${u(tn)}; let j = j0 + tj + a % ${u(tn)};
    var v: array<f32, ${String(window)}>;
    for (var q = 0u; q < ${u(window)}; q++) { v[q] = c[a + q]; }
    if (i < ${u(m)} && j < ${u(n)}) { putWindow(place, lane, group, i, j / ${u(window)}, v); }
  }`;
}

interface Load {
  /** Conditions of a load; 0 where one of them fails. */
  readonly inside: readonly string[];
  readonly load: string;
}

/**
 * Fills a tile; neighbouring threads take neighbouring rows, or neighbouring k. Where the threads
 * are a multiple of that side, a thread keeps its row (or k), so that compilers move the arithmetic
 * of its index out of the loop.
 */
function fill(
  into: string,
  rows: number,
  depth: number,
  threads: number,
  alongRows: boolean,
  { inside, load }: Load,
): string {
  const [fixed, moving] = alongRows ? ['r', 'q'] : ['q', 'r'];
  const [side, other] = alongRows ? [rows, depth] : [depth, rows];
  const target = `${into}[q * ${u(rows)} + r]`;
  const element =
    inside.length === 0
      ? `${target} = ${load};`
      : `var v = 0.0; if (${inside.join(' && ')}) { v = ${load}; } ${target} = v;`;
  if (threads % side === 0) {
    const [start, step] = [`t / ${u(side)}`, u(threads / side)];
    return `{ let ${fixed} = t % ${u(side)};
    for (var ${moving} = ${start}; ${moving} < ${u(other)}; ${moving} += ${step}) {
      ${element}
    } }`;
  }
  return `for (var e = t; e < ${u(rows * depth)}; e += ${u(threads)}) {
      let ${fixed} = e % ${u(side)}; let ${moving} = e / ${u(side)};
      ${element}
    }`;
}

/** Number of parts of a sum over k: a function of the plan, since it is part of the bits. */
export function splitsOf(m: number, n: number, k: number): number {
  const tiles = Math.ceil(m / 64) * Math.ceil(n / 64);
  const wanted = Math.min(Math.ceil(k / 256), Math.ceil(512 / tiles));
  return Math.max(Math.ceil(k / 4096), wanted);
}
