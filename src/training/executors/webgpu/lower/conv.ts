/** Convolutions and dense layers as matrix products; depthwise ones are in depthwise.ts. */
import type { Op } from '../../../plan/plan.ts';
import { product, splitsOf } from '../gemm.ts';
import { COLUMNS, type RowSums } from '../gemm-sums.ts';
import { access, each, range, u, type Kernel } from '../kernel.ts';
import { inScratch } from '../places.ts';
import type { Tile } from '../tiles.ts';
import { depthwise, depthwiseInputGradient, depthwiseWeightGradient } from './depthwise.ts';
import { planesOf, read, type Lowering } from './lowering.ts';
import { store } from './store.ts';
import {
  convWindows,
  hit,
  hitPixel,
  inside,
  isDepthwise,
  poolWindows,
  type Windows,
} from './windows.ts';

const SIGNATURES = {
  decodeK: 'fn decodeK(g: u32, k: u32) -> vec4<i32>',
  decodeJ: 'fn decodeJ(g: u32, j: u32) -> vec4<i32>',
  loadA: 'fn loadA(lane: u32, g: u32, i: u32, k: u32, K: vec4<i32>) -> f32',
  loadB: 'fn loadB(lane: u32, g: u32, k: u32, j: u32, K: vec4<i32>, J: vec4<i32>) -> f32',
  put: 'fn put(place: u32, lane: u32, g: u32, split: u32, i: u32, j: u32, v: f32)',
} as const;

/** C[filter, (sample, pixel)] over k = (channel, tap). */
export function conv(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [input, weight, bias] = op.inputs;
  const [output] = op.outputs;
  const s = convWindows(plan, op, input, output);
  if (isDepthwise(s)) return depthwise(op, to, s);
  const pool = to.fusion.pools.get(op);
  const pooled = pool === undefined ? undefined : poolWindows(plan, pool, output, pool.outputs[0]);
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const k = cg * s.taps;
  const value = read(to, op, 0, 'u32(K.x + J.x)', `g * ${u(cg)} + u32(K.w)`);
  const plus = bias === undefined ? 'v' : `v + ${places.at(bias, 'o')}`;
  const code = `${SIGNATURES.decodeK} { ${decodedTap(s, 'k')} }
${SIGNATURES.decodeJ} {
  ${pooled === undefined ? `let b = j / ${u(s.out)}; let p = j % ${u(s.out)};` : pooledPixel(s, pooled)}
  ${decodedPixel(s, '0')}
}
${SIGNATURES.loadA} {
  return ${places.at(weight, `(g * ${u(og)} + i) * ${u(k)} + k`)};
}
${SIGNATURES.loadB} { ${ifReached(s, value)} }
${
  pool === undefined || pooled === undefined
    ? put(op, to, {
        decode: `let b = j / ${u(s.out)}; let p = j % ${u(s.out)}; let o = g * ${u(og)} + i;`,
        at: `(b * ${u(s.o)} + o) * ${u(s.out)} + p`,
        value: plus,
        channel: 'o',
      })
    : putWindow(pool, to, pooled, og, bias === undefined ? '0.0' : places.at(bias, 'o'))
}`;
  const alongB = s.out > 1 ? 'j' : 'k';
  const n = plan.batch * (pooled === undefined ? s.out : pooled.taps * pooled.out);
  const sums = sumsOf(op, to, s.out);
  return [
    product(op.kind, {
      ...{ m: og, n, k, groups: s.groups, splits: 1, code, sums },
      ...{ tile: tileOf(to, og, n, { window: pooled?.taps, sums }) },
      ...{ alongA: 'k', alongB, window: pooled?.taps },
    }),
  ];
}

/**
 * Returns, of index `of` = (channel, tap): distance of the pixel that the tap reads from the
 * window's first one, row and column of the tap, channel within the group.
 */
function decodedTap({ taps, plane, w, kernel }: Windows, of: string): string {
  return `let c = ${of} / ${u(taps)}; let tap = ${of} % ${u(taps)};
  let y = tap / ${u(kernel[1])}; let x = tap % ${u(kernel[1])};
  return vec4<i32>(vec4<u32>(c * ${u(plane)} + y * ${u(w)} + x, y, x, c));`;
}

/**
 * Returns, of pixel p of sample b: index of the first pixel of its window in the group's first
 * channel, row and column of that pixel, `last`.
 */
function decodedPixel(s: Windows, last: string): string {
  const { c, plane, w, columns, stride, padding, groups } = s;
  const axis = (pixel: string, a: 0 | 1): string =>
    `i32(${pixel} * ${u(stride[a])}) - ${String(padding[a])}`;
  return `let y = ${axis(`p / ${u(columns)}`, 0)}; let x = ${axis(`p % ${u(columns)}`, 1)};
  let image = i32((b * ${u(c)} + g * ${u(c / groups)}) * ${u(plane)});
  return vec4<i32>(image + y * ${String(w)} + x, y, x, ${last});`;
}

/** Returns `value` if the tap of a window lies in the image, else 0. */
function ifReached(s: Windows, value: string): string {
  const whole = ([0, 1] as const).every((a) => {
    const [count, size] = a === 0 ? [s.rows, s.h] : [s.columns, s.w];
    return s.padding[a] === 0 && (count - 1) * s.stride[a] + s.kernel[a] <= size;
  });
  if (whole) return `return ${value};`;
  return `let y = K.y + J.y; let x = K.z + J.z;
  if (${inside(s)}) { return ${value}; } return 0.0;`;
}

/** Declares b and p of column `j`, where columns are (sample, window, tap of the window). */
function pooledPixel(s: Windows, pooled: Windows): string {
  const { taps, kernel, stride, columns, out } = pooled;
  const [row, column] = [`j % ${u(taps)} / ${u(kernel[1])}`, `j % ${u(taps)} % ${u(kernel[1])}`];
  return `let b = j / ${u(taps * out)}; let q = j / ${u(taps)} % ${u(out)};
  let p = (q / ${u(columns)} * ${u(stride[0])} + ${row}) * ${u(s.columns)} +
    q % ${u(columns)} * ${u(stride[1])} + ${column};`;
}

/** Stores the largest value of a window, and which tap it is of. */
function putWindow(pool: Op, to: Lowering, pooled: Windows, og: number, bias: string): string {
  const { taps, out, c } = pooled;
  const others = range(taps)
    .slice(1)
    .map((tap) => `if (v[${String(tap)}] > best) { best = v[${String(tap)}]; won = ${u(tap)}; }`);
  return `fn putWindow(place: u32, lane: u32, g: u32, i: u32, j: u32, v: array<f32, ${String(taps)}>) {
  let b = j / ${u(out)}; let p = j % ${u(out)}; let o = g * ${u(og)} + i;
  var best = v[0]; var won = 0u;
  ${others.join('\n  ')}
  ${store(to, pool, 0, `(b * ${u(c)} + o) * ${u(out)} + p`, `best + ${bias}`, 'o')}
  ${store(to, pool, 1, `(b * ${u(c)} + o) * ${u(out)} + p`, 'f32(won)')}
}`;
}

interface Put {
  /** Declares what the others refer to, from g, i and j. */
  readonly decode: string;
  readonly at: string;
  readonly value: string;
  readonly channel: string;
}

/** Functions put, and those of the sums that a batch norm needs of the result. */
function put(op: Op, to: Lowering, { decode, at, value, channel }: Put): string {
  const summed = to.fusion.summed.get(op);
  if (summed === undefined)
    return `${SIGNATURES.put} { ${decode} ${store(to, op, 0, at, value, channel)} }`;
  const { places, plan } = to;
  const norm = summed.op;
  const { plane } = planesOf(plan, norm.inputs[0]);
  const blocks = Math.ceil((plan.batch * plane) / COLUMNS);
  const part = (n: number): string =>
    places.part(norm, `2u * (${channel} * ${u(blocks)} + block) + ${u(n)}`);
  const kept = { value: summed.value, name: 'kept' };
  const of = (id: number | undefined): string => places.at(id, channel);
  const [, , , mean, inverse] = norm.inputs;
  const second =
    norm.kind === 'batch-norm'
      ? ''
      : `fn second(lane: u32, g: u32, i: u32, j: u32) -> f32 {
  ${decode} return (${read(to, norm, 1, at, channel)} - ${of(mean)}) * ${of(inverse)};
}`;
  return `${SIGNATURES.put} -> f32 {
  ${decode} var kept = 0.0; ${store(to, op, 0, at, value, channel, kept)} return kept;
}
${second}
fn putSums(lane: u32, g: u32, i: u32, block: u32, sum0: f32, sum1: f32) {
  let j = block * ${u(COLUMNS)}; ${decode}
  ${places.accessParts('>', norm)}${part(0)} = sum0; ${part(1)} = sum1;
}`;
}

function sumsOf(op: Op, to: Lowering, plane: number): RowSums | undefined {
  const summed = to.fusion.summed.get(op);
  if (summed === undefined) return undefined;
  const kind = summed.op.kind === 'batch-norm' ? 'moments' : 'products';
  return { kind, valid: `at.n * ${u(plane)}` };
}

interface Needs {
  /** Neighbouring columns that a thread must have. */
  readonly window?: number | undefined;
  readonly sums?: RowSums | undefined;
}

/** The tile of a product, widened to what its epilogue needs. */
function tileOf(to: Lowering, m: number, n: number, { window = 1, sums }: Needs): Tile {
  const tile = to.tileFor(m, n);
  const { tm, tn, bn } = tile;
  if (tn % window !== 0) return { ...tile, tn: window, tm: Math.max(1, (tm * tn) / window) };
  return sums === undefined || bn % COLUMNS === 0 ? tile : { ...tile, bn: COLUMNS };
}

/** C[channel, (sample, input pixel)] over k = (filter, tap); pixels that no window reads get 0. */
export function convInputGradient(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [gradient, weight] = op.inputs;
  const [input] = op.outputs;
  const s = convWindows(plan, op, input, gradient);
  if (isDepthwise(s)) return depthwiseInputGradient(op, to, s);
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const n = plan.batch * s.plane;
  const at = `u32(J.x + K.x) + ${hitPixel(s)}`;
  const value = read(to, op, 0, at, `g * ${u(og)} + u32(K.w)`);
  const tap = `(u32(K.w) * ${u(cg)} + i) * ${u(s.taps)} + u32(K.y * ${String(s.kernel[1])} + K.z)`;
  const code = `${SIGNATURES.decodeK} {
  let o = k / ${u(s.taps)}; let tap = k % ${u(s.taps)};
  return vec4<i32>(vec4<u32>(o * ${u(s.out)}, tap / ${u(s.kernel[1])}, tap % ${u(s.kernel[1])}, o));
}
${SIGNATURES.decodeJ} {
  let b = j / ${u(s.plane)}; let p = j % ${u(s.plane)};
  let y = p / ${u(s.w)} + ${u(s.padding[0])}; let x = p % ${u(s.w)} + ${u(s.padding[1])};
  return vec4<i32>(vec4<u32>((b * ${u(s.o)} + g * ${u(og)}) * ${u(s.out)}, y, x, 0u));
}
${SIGNATURES.loadA} {
  return ${places.at(weight, `g * ${u(og * cg * s.taps)} + ${tap}`)};
}
${SIGNATURES.loadB} {
  let y = J.y - K.y; let x = J.z - K.z;
  if (${hit(s)}) { return ${value}; } return 0.0;
}
${put(op, to, {
  decode: `let b = j / ${u(s.plane)}; let p = j % ${u(s.plane)}; let c = g * ${u(cg)} + i;`,
  at: `(b * ${u(s.c)} + c) * ${u(s.plane)} + p`,
  value: 'v',
  channel: 'c',
})}`;
  const alongB = s.plane > 1 ? 'j' : 'k';
  const sums = sumsOf(op, to, s.plane);
  return [
    product(op.kind, {
      ...{ m: cg, n, k: og * s.taps, groups: s.groups, splits: 1, sums },
      ...{ tile: tileOf(to, cg, n, { sums }), code, alongA: 'i', alongB },
    }),
  ];
}

/**
 * C[filter, (channel, tap)] over k = (sample, pixel), in parts that a second kernel sums; the
 * bias's gradient is one more column, of ones.
 */
export function convWeightGradient(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [input, gradient] = op.inputs;
  const [weight, bias] = op.outputs;
  const s = convWindows(plan, op, input, gradient);
  if (isDepthwise(s)) return depthwiseWeightGradient(op, to, s);
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const k = plan.batch * s.out;
  const own = cg * s.taps;
  const n = own + (bias === undefined ? 0 : 1);
  const splits = splitsOf(og, n, k);
  const partials = splits === 1 ? 0 : places.partials(splits * s.o * n);
  const bytes = 4 * splits * s.o * n;
  const toWeights = (v: string): string => {
    const toWeight = `${places.at(weight, `o * ${u(own)} + j`)} = ${v};`;
    if (bias === undefined) return toWeight;
    return `if (j < ${u(own)}) { ${toWeight} } else { ${places.at(bias, 'o')} = ${v}; }`;
  };
  const value = read(to, op, 0, 'u32(K.x + J.x)', `g * ${u(cg)} + u32(J.w)`);
  const code = `${SIGNATURES.decodeK} {
  let b = k / ${u(s.out)}; let p = k % ${u(s.out)};
  ${decodedPixel(s, `i32(b * ${u(s.o * s.out)} + p)`)}
}
${SIGNATURES.decodeJ} { ${decodedTap(s, 'j')} }
${SIGNATURES.loadA} {
  let o = g * ${u(og)} + i; return ${read(to, op, 1, `u32(K.w) + o * ${u(s.out)}`, 'o')};
}
${SIGNATURES.loadB} {
  if (j == ${u(own)}) { return 1.0; }
  ${ifReached(s, value)}
}
${SIGNATURES.put} {
  let o = g * ${u(og)} + i;
  ${splits === 1 ? toWeights('v') : `${access('>', 'partials', bytes)}${inScratch(partials, `(split * ${u(s.o)} + o) * ${u(n)} + j`)} = v;`}
}`;
  const along = s.out > 1;
  const products = product(op.kind, {
    ...{ m: og, n, k, groups: s.groups, splits, tile: to.tileFor(og, n), code },
    ...{ alongA: along ? 'k' : 'i', alongB: along ? 'k' : 'j' },
  });
  if (splits === 1) return [products];
  const sum = each(
    `${op.kind} sum`,
    s.o * n,
    `let o = i / ${u(n)}; let j = i % ${u(n)}; var sum = 0.0;
  for (var q = 0u; q < ${u(splits)}; q++) { sum += ${access('<', 'partials', bytes)}${inScratch(partials, `q * ${u(s.o * n)} + i`)}; }
  ${toWeights('sum')}`,
  );
  return [products, sum];
}
