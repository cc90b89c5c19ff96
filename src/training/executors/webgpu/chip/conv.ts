/**
 * Convolutions of form A with their pool and activation: a thread a pooled pixel and some filters.
 */
import { defined } from '../../../../core/at.ts';
import { pairOf, type Op, type Plan } from '../../../plan/plan.ts';
import { range, u } from '../kernel.ts';
import { sizeOf } from '../lower/lowering.ts';
import { convWindows, poolWindows, type Windows } from '../lower/windows.ts';
import { filtersOf, type ChipPlaces } from './memory.ts';

/** A convolution and the windows of its pool; without a pool the windows have one pixel. */
export interface Pooled {
  readonly conv: Windows;
  readonly window: readonly [number, number];
  readonly step: readonly [number, number];
  readonly before: readonly [number, number];
  /** Pooled image. */
  readonly rows: number;
  readonly columns: number;
  readonly out: number;
}

/** @param large the convolution's input; `small` its output */
export function pooledOf(
  plan: Plan,
  conv: Op,
  pool: Op | undefined,
  large: number | undefined,
  small: number | undefined,
  pooled: number | undefined,
): Pooled {
  const windows = convWindows(plan, conv, large, small);
  const { rows, columns, out } = windows;
  if (pool === undefined)
    return { conv: windows, window: [1, 1], step: [1, 1], before: [0, 0], rows, columns, out };
  const { rows: high, columns: wide } = poolWindows(plan, pool, small, pooled);
  return {
    conv: windows,
    window: pairOf(pool, 'size'),
    step: pairOf(pool, 'stride'),
    before: pairOf(pool, 'padding'),
    rows: high,
    columns: wide,
    out: high * wide,
  };
}

/** Code of a winner that the activation made 0: no gradient passes it. */
export const DEAD = 255;

/** Pixels of the largest patch of an image that a thread keeps. */
const MOST_PATCH = 64;
/** Sums of the most that a thread keeps. */
const MOST_SUMS = 32;

/** A loop of all threads over `items` of each sample of the tile. Knows `s` and `i`. */
export function eachOf(places: ChipPlaces, items: number, body: string): string {
  return `for (var e = t; e < live * ${u(items)}; e += ${u(places.shape.threads)}) {
    let s = e / ${u(items)}; let i = e % ${u(items)};
    ${body}
  }
  workgroupBarrier();`;
}

export function convForward(ops: readonly Op[], plan: Plan, places: ChipPlaces): string {
  const op = defined(ops[0]);
  const pool = ops.find(({ kind }) => kind === 'max-pool');
  const relu = ops.some(({ kind }) => kind === 'relu');
  const g = pooledOf(plan, op, pool, op.inputs[0], op.outputs[0], pool?.outputs[0]);
  const s = g.conv;
  const windows = range(g.window[0] * g.window[1]).map(
    (k) => [Math.floor(k / g.window[1]), k % g.window[1]] as const,
  );
  const code = pool?.outputs[1];
  const packed = places.packed(code);
  let filters = filtersOf(op, s.o, places.shape);
  if (packed === undefined) while (filters * windows.length > MOST_SUMS) filters >>= 1;
  filters = Math.max(1, filters);
  const [, , bias] = op.inputs;
  const filter = (v: number): string => `min(f + ${u(v)}, ${u(s.o - 1)})`;
  const sums = range(filters).flatMap((v) => {
    const start = bias === undefined ? '0.0' : places.at(bias, filter(v));
    return windows.map((_, k) => `var a${String(v)}_${String(k)} = ${start};`);
  });
  const [tall, wide] = patchOf(g);
  const taps = tall * wide <= MOST_PATCH ? patchText : loopText;
  const output = ops.at(-1)?.outputs[0];
  const size = sizeOf(plan, output);
  const complete = [0, 1].every(
    (d) =>
      defined(g.before[d]) === 0 &&
      (defined([g.rows, g.columns][d]) - 1) * defined(g.step[d]) + defined(g.window[d]) <=
        defined([s.rows, s.columns][d]),
  );
  const inside = (wy: number, wx: number): string =>
    `(py + ${String(wy)} >= 0) & (py + ${String(wy)} < ${String(s.rows)}) & ` +
    `(px + ${String(wx)} >= 0) & (px + ${String(wx)} < ${String(s.columns)})`;
  const best = (v: number): string => {
    const sum = (k: number): string => `a${String(v)}_${String(k)}`;
    if (pool === undefined) return `let best = ${sum(0)};`;
    const first = complete
      ? `var best = ${sum(0)}; var won = 0u;`
      : 'var best = 0.0; var won = 0u; var any = false;';
    // `&` and not `&&`, which branches.
    const compare = windows.map(([wy, wx], k) => {
      if (complete)
        return `{ let more = ${sum(k)} > best;
      best = select(best, ${sum(k)}, more); won = select(won, ${u(k)}, more); }`;
      return `{ let valid = ${inside(wy, wx)}; let more = valid & (!any | (${sum(k)} > best));
      best = select(best, ${sum(k)}, more); won = select(won, ${u(k)}, more); any = any | valid; }`;
    });
    return `${first}
      ${compare.slice(complete ? 1 : 0).join('\n      ')}`;
  };
  const keep = (v: number): string => {
    if (code === undefined || !places.isStored(code)) return '';
    if (packed === undefined)
      return `${places.at(code, `s * ${u(size)} + (f + ${u(v)}) * ${u(g.out)} + p`)} = f32(won);`;
    const dead = relu ? `select(${u(DEAD)}, won, best > 0.0)` : 'won';
    return `word |= ${dead} << ${u(8 * v)};`;
  };
  const value = relu ? 'select(0.0, best, best > 0.0)' : 'best';
  const stores = range(filters).map(
    (v) => `if (f + ${u(v)} < ${u(s.o)}) {
      ${best(v)}
      ${places.at(output, `s * ${u(size)} + (f + ${u(v)}) * ${u(g.out)} + p`)} = ${value};
      ${keep(v)}
    }`,
  );
  const word =
    packed === undefined ? '' : `codes[${u(packed.offset)} + s * ${u(packed.words)} + i] = word;`;
  return eachOf(
    places,
    Math.ceil(s.o / filters) * g.out,
    `let p = i % ${u(g.out)}; let f = i / ${u(g.out)} * ${u(filters)};
    let py = i32(p / ${u(g.columns)}) * ${String(g.step[0])} - ${String(g.before[0])};
    let px = i32(p % ${u(g.columns)}) * ${String(g.step[1])} - ${String(g.before[1])};
    ${sums.join(' ')}
    ${taps({ g, op, plan, places, windows, filters: range(filters).map(filter) })}
    ${packed === undefined ? '' : 'var word = 0u;'}
    ${stores.join('\n    ')}
    ${word}`,
  );
}

/** Rows and columns of the image that the windows of one pooled pixel read. */
function patchOf({ conv: { stride, kernel }, window }: Pooled): readonly [number, number] {
  const side = (d: 0 | 1): number => (window[d] - 1) * stride[d] + kernel[d];
  return [side(0), side(1)];
}

/** Returns whether the convolutions of all windows read pixels of the image only. */
function staysInside(g: Pooled, d: 0 | 1): boolean {
  const { conv, window, step, before } = g;
  const first = -before[d] * conv.stride[d] - conv.padding[d];
  const last = ([g.rows, g.columns][d] ?? 0) * step[d] - step[d] - before[d] + window[d] - 1;
  const end = last * conv.stride[d] - conv.padding[d] + conv.kernel[d];
  return first >= 0 && end <= defined([conv.h, conv.w][d]);
}

interface Taps {
  readonly g: Pooled;
  readonly op: Op;
  readonly plan: Plan;
  readonly places: ChipPlaces;
  readonly windows: readonly (readonly [number, number])[];
  /** WGSL of the filters of the thread. */
  readonly filters: readonly string[];
}

/** WGSL of the offset of a row or column of the image, and of whether it is inside. */
export function line(name: string, at: string, size: number, scale: number): string {
  return `let ${name} = u32(clamp(${at}, 0, ${String(size - 1)})) * ${u(scale)};
    let in_${name} = (${at} >= 0) & (${at} < ${String(size)});`;
}

/** Loads the patch once a channel; taps are unrolled, without a branch or a division. */
function patchText({ g, op, plan, places, windows, filters }: Taps): string {
  const { conv: s } = g;
  const [input, weight] = op.inputs;
  const [tall, wide] = patchOf(g);
  const safe = staysInside(g, 0) && staysInside(g, 1);
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const image = `s * ${u(sizeOf(plan, input))} + (c0 + c) * ${u(s.plane)}`;
  const lines = [
    ...range(tall).map((y) => line(`r${String(y)}`, `(y0 + ${String(y)})`, s.h, s.w)),
    ...range(wide).map((x) => line(`q${String(x)}`, `(x0 + ${String(x)})`, s.w, 1)),
  ];
  const loads = range(tall).flatMap((y) =>
    range(wide).map((x) => {
      const [row, column] = [`r${String(y)}`, `q${String(x)}`];
      const value = safe
        ? places.at(input, `corner + ${u(y * s.w + x)}`)
        : `select(0.0, ${places.at(input, `${image} + ${row} + ${column}`)}, in_${row} & in_${column})`;
      return `let x${String(y)}_${String(x)} = ${value};`;
    }),
  );
  const rows = weight === undefined ? undefined : places.rows.get(weight);
  const products = filters.map((filter, v) => {
    const taps = range(s.taps).map((tap) => {
      const [ky, kx] = [Math.floor(tap / s.kernel[1]), tap % s.kernel[1]];
      const w = rows === undefined ? 'w' : `w.${'xyzw'.charAt(tap % 4)}`;
      const sums = windows.map(([wy, wx], k) => {
        const sum = `a${String(v)}_${String(k)}`;
        const x = `x${String(wy * s.stride[0] + ky)}_${String(wx * s.stride[1] + kx)}`;
        return `${sum} = fma(${w}, ${x}, ${sum});`;
      });
      if (rows === undefined) return `w = ${places.at(weight, `k + ${u(tap)}`)}; ${sums.join(' ')}`;
      const vector = `w = rows[${u(rows.offset)} + k + ${u(tap / 4)}]; `;
      return `${tap % 4 === 0 ? vector : ''}${sums.join(' ')}`;
    });
    const [length, zero] = rows === undefined ? [s.taps, '0.0'] : [rows.length, 'vec4<f32>()'];
    return `{ let k = (${filter} * ${u(cg)} + c) * ${u(length)}; var w = ${zero};
      ${taps.join('\n      ')} }`;
  });
  return `let y0 = py * ${String(s.stride[0])} - ${String(s.padding[0])};
    let x0 = px * ${String(s.stride[1])} - ${String(s.padding[1])};
    ${safe ? '' : lines.join('\n    ')}
    let c0 = f / ${u(og)} * ${u(cg)};
    for (var c = 0u; c < ${u(cg)}; c++) {
      let corner = ${safe ? `${image} + u32(y0 * ${String(s.w)} + x0)` : '0u'};
      ${loads.join('\n      ')}
      ${products.join('\n      ')}
    }`;
}

/** Loops over the taps: for kernels whose patch is too large to keep. */
function loopText({ g, op, plan, places, windows, filters }: Taps): string {
  const { conv: s } = g;
  const [input, weight] = op.inputs;
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const loads = windows.map(([wy, wx], k) => {
    const [row, column] = [`r${String(k)}`, `q${String(k)}`];
    const value = places.at(
      input,
      `s * ${u(sizeOf(plan, input))} + (c0 + c) * ${u(s.plane)} + ${row} + ${column}`,
    );
    const y = `((py + ${String(wy)}) * ${String(s.stride[0])} + ky - ${String(s.padding[0])})`;
    const x = `((px + ${String(wx)}) * ${String(s.stride[1])} + kx - ${String(s.padding[1])})`;
    return `${line(row, y, s.h, s.w)} ${line(column, x, s.w, 1)}
        let x${String(k)} = select(0.0, ${value}, in_${row} & in_${column});`;
  });
  const products = filters.map((filter, v) => {
    const k = `(${filter} * ${u(cg)} + c) * ${u(s.taps)} + u32(ky * ${String(s.kernel[1])} + kx)`;
    const sums = windows.map((_, n) => {
      const sum = `a${String(v)}_${String(n)}`;
      return `${sum} = fma(w, x${String(n)}, ${sum});`;
    });
    return `{ let w = ${places.at(weight, k)}; ${sums.join(' ')} }`;
  });
  return `let c0 = f / ${u(og)} * ${u(cg)};
    for (var c = 0u; c < ${u(cg)}; c++) {
      for (var ky = 0; ky < ${String(s.kernel[0])}; ky++) {
        for (var kx = 0; kx < ${String(s.kernel[1])}; kx++) {
        ${loads.join('\n        ')}
        ${products.join('\n        ')}
      } }
    }`;
}
