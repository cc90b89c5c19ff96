/**
 * Gradients of convolutions in form A, with those of their pool and activation: only the pixels
 * that won in their window are looked at.
 */
import { defined } from '../../../../core/at.ts';
import { rootOf, type Op, type Plan } from '../../../plan/plan.ts';
import { range, u } from '../kernel.ts';
import { sizeOf } from '../lower/lowering.ts';
import { DEAD, eachOf, line, pooledOf, type Pooled } from './conv.ts';
import { tapsTogether, type ChipPlaces } from './memory.ts';

interface Backward {
  readonly plan: Plan;
  readonly places: ChipPlaces;
  readonly g: Pooled;
  /** WGSL of the code of filter `f` at pooled pixel `q`, and of its gradient. */
  readonly code: string;
  readonly gradient: string;
}

export function convBackward(ops: readonly Op[], plan: Plan, places: ChipPlaces): string {
  const relu = ops.find(({ kind }) => kind === 'relu-gradient');
  const pool = ops.find(({ kind }) => kind === 'max-pool-gradient');
  const weights = ops.find(({ kind }) => kind === 'conv-weight-gradient');
  const input = ops.find(({ kind }) => kind === 'conv-input-gradient');
  const conv = defined(weights ?? input);
  const large = weights === undefined ? input?.outputs[0] : weights.inputs[0];
  const small = weights === undefined ? input?.inputs[0] : weights.inputs[1];
  const pooled = (relu ?? pool)?.inputs[0] ?? small;
  const g = pooledOf(plan, conv, pool, large, small, pooled);
  const size = g.conv.o * g.out;
  const index = `s * ${u(size)} + f * ${u(g.out)} + q`;
  const code = pool?.inputs[1];
  const packed = places.packed(code);
  const value = places.at(pooled, index);
  // The codes of a fused forward pass know which winners the activation made 0.
  const masked = relu === undefined || (packed !== undefined && marksDead(places, code, plan));
  const to: Backward = {
    plan,
    places,
    g,
    code:
      packed === undefined
        ? unpackedCode(places, code, index)
        : `(codes[${u(packed.offset)} + s * ${u(packed.words)} + ` +
          `f / ${u(packed.filters)} * ${u(g.out)} + q] >> (f % ${u(packed.filters)} * 8u)) & 255u`,
    gradient: masked ? value : `select(0.0, ${value}, ${places.at(relu.inputs[1], index)} > 0.0)`,
  };
  return [
    ...(weights === undefined ? [] : [weightGradient(weights, to)]),
    ...(input === undefined ? [] : [inputGradient(input, to)]),
  ].join('\n  ');
}

function unpackedCode(places: ChipPlaces, code: number | undefined, index: string): string {
  return code === undefined ? '0u' : `u32(${places.at(code, index)})`;
}

/** Returns whether the group that writes a code includes the activation. */
function marksDead(places: ChipPlaces, code: number | undefined, plan: Plan): boolean {
  const root = rootOf(plan, code ?? -1).id;
  const writer = places.groups.find(({ ops }) => ops.some(({ outputs }) => outputs[1] === root));
  return writer?.ops.some(({ kind }) => kind === 'relu') === true;
}

/** Returns whether every pixel of the convolution's output reads pixels of the image only. */
function staysInside({ conv: s }: Pooled): boolean {
  return (
    s.padding[0] === 0 &&
    s.padding[1] === 0 &&
    (s.rows - 1) * s.stride[0] + s.kernel[0] <= s.h &&
    (s.columns - 1) * s.stride[1] + s.kernel[1] <= s.w
  );
}

/** WGSL of the first row or column of the image that winner `code` of window `p` reads. */
function corner({ conv: s, window, step, before }: Pooled, p: string, d: 0 | 1): string {
  const won = d === 0 ? `code / ${u(window[1])}` : `code % ${u(window[1])}`;
  const pixel = `(i32(${p} * ${u(step[d])} + ${won}) - ${String(before[d])})`;
  return `${pixel} * ${String(s.stride[d])} - ${String(s.padding[d])}`;
}

/**
 * A team of threads (a subgroup) for each filter and channel, and for each row of the kernel where
 * its taps are many; several teams where there are teams left, whose sums are added in their order.
 */
function weightGradient(op: Op, { plan, places, g, code, gradient }: Backward): string {
  const { threads, subgroup, tile } = places.shape;
  const { conv: s } = g;
  const [source] = op.inputs;
  const [weight, bias] = op.outputs;
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const team = Math.max(1, subgroup);
  const taps = tapsTogether(op, subgroup);
  const rows = s.taps / taps;
  const items = s.o * cg * rows;
  const teams = Math.floor(threads / team);
  const enough = Math.ceil((tile * g.out) / (4 * team));
  const parts = Math.max(1, Math.min(Math.floor(teams / items), enough));
  const sums = range(taps);
  const safe = staysInside(g);
  const height = taps / s.kernel[1];
  const image = `s * ${u(sizeOf(plan, source))} + ci * ${u(s.plane)}`;
  const lines = [
    ...range(height).map((k) => line(`r${String(k)}`, `(y + ${String(k)})`, s.h, s.w)),
    ...range(s.kernel[1]).map((k) => line(`q${String(k)}`, `(x + ${String(k)})`, s.w, 1)),
  ];
  const products = sums.map((k) => {
    const [ky, kx] = [Math.floor(k / s.kernel[1]), k % s.kernel[1]];
    const [row, column] = [`r${String(ky)}`, `q${String(kx)}`];
    const read = safe
      ? places.at(source, `corner + ${u(ky * s.w + kx)}`)
      : `select(0.0, ${places.at(source, `${image} + ${row} + ${column}`)}, in_${row} & in_${column})`;
    return `d${String(k)} = fma(v, ${read}, d${String(k)});`;
  });
  const all = [...sums.map((k) => `d${String(k)}`), 'db'];
  const add = (k: string, v: string): string =>
    `${places.at(weight, `(f * ${u(cg)} + c) * ${u(s.taps)} + row * ${u(taps)} + ${k}`)} += ${v};`;
  const addBias = (v: string): string =>
    bias === undefined ? '' : `if (c == 0u && row == 0u) { ${places.at(bias, 'f')} += ${v}; }`;
  const decode = `let row = item % ${u(rows)}; let fc = item / ${u(rows)};
    let f = fc / ${u(cg)}; let c = fc % ${u(cg)};`;
  const partial = (e: string, k: string): string =>
    `m[${u(places.region)} + (${e}) * ${u(taps + 1)} + ${k}]`;
  const store =
    parts === 1
      ? `${sums.map((k) => add(u(k), `d${String(k)}`)).join(' ')} ${addBias('db')}`
      : all.map((sum, k) => `${partial('e', u(k))} = ${sum};`).join(' ');
  const own = `for (var e0 = 0u; e0 < ${u(items * parts)}; e0 += ${u(teams)}) {
    let e = min(e0 + t / ${u(team)}, ${u(items * parts - 1)});
    let mine = e0 + t / ${u(team)} == e && t < ${u(teams * team)};
    let part = e % ${u(parts)}; let item = e / ${u(parts)};
    ${decode} let ci = f / ${u(og)} * ${u(cg)} + c;
    ${all.map((sum) => `var ${sum} = 0.0;`).join(' ')}
    for (var r = part * ${u(team)} + t % ${u(team)}; r < live * ${u(g.out)}; r += ${u(parts * team)}) {
      let s = r / ${u(g.out)}; let q = r % ${u(g.out)}; let code = ${code};
      if (code != ${u(DEAD)}) {
        let v = ${gradient};
        let y = ${corner(g, `(q / ${u(g.columns)})`, 0)} + i32(row * ${u(rows === 1 ? 0 : 1)});
        let x = ${corner(g, `(q % ${u(g.columns)})`, 1)};
        ${safe ? `let corner = ${image} + u32(y * ${String(s.w)} + x);` : lines.join('\n        ')}
        db += v;
        ${products.join('\n        ')}
      }
    }
    ${subgroup > 1 ? all.map((sum) => `${sum} = subgroupAdd(${sum});`).join(' ') : ''}
    if (mine && t % ${u(team)} == 0u) { ${store} }
  }
  workgroupBarrier();`;
  if (parts === 1) return own;
  return `${own}
  for (var e = t; e < ${u(items * (taps + 1))}; e += ${u(threads)}) {
    let item = e / ${u(taps + 1)}; let k = e % ${u(taps + 1)}; ${decode}
    var sum = 0.0;
    for (var n = 0u; n < ${u(parts)}; n++) { sum += ${partial(`item * ${u(parts)} + n`, 'k')}; }
    if (k < ${u(taps)}) { ${add('k', 'sum')} } else { ${addBias('sum')} }
  }
  workgroupBarrier();`;
}

/**
 * A thread a row of the image: winners that read the row bring their gradient to it, so that no two
 * threads write one pixel.
 */
function inputGradient(op: Op, { plan, places, g, code, gradient }: Backward): string {
  const { conv: s, window, step, before } = g;
  const [, weight] = op.inputs;
  const [input] = op.outputs;
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const pixel = places.at(input, `s * ${u(sizeOf(plan, input))} + i * ${u(s.w)} + u32(column)`);
  const tap =
    `(f * ${u(cg)} + channel % ${u(cg)}) * ${u(s.taps)} + ` +
    `u32(ky * ${String(s.kernel[1])} + kx)`;
  const clear = `for (var column = 0; column < ${String(s.w)}; column++) { ${pixel} = 0.0; }`;
  const [from, to] = staysInside(g)
    ? ['0', String(s.kernel[1])]
    : ['max(0, -x)', `min(${String(s.kernel[1])}, ${String(s.w)} - x)`];
  return eachOf(
    places,
    s.c * s.h,
    `let channel = i / ${u(s.h)}; let y = i32(i % ${u(s.h)}) + ${String(s.padding[0])};
    ${op.accumulate[0] === true ? '' : clear}
    // Rows of the convolution's output that read this row, and windows that they lie in.
    let low = (max(y - ${String(s.kernel[0] - 1)}, 0) + ${String(s.stride[0] - 1)}) / ${String(s.stride[0])};
    let high = min(y / ${String(s.stride[0])}, ${String(s.rows - 1)});
    let first = (max(low + ${String(before[0] - window[0] + 1)}, 0) + ${String(step[0] - 1)}) / ${String(step[0])};
    let last = min((high + ${String(before[0])}) / ${String(step[0])}, ${String(g.rows - 1)});
    for (var q = u32(first) * ${u(g.columns)}; q < u32(last + 1) * ${u(g.columns)}; q++) {
      for (var n = 0u; n < ${u(og)}; n++) {
        let f = channel / ${u(cg)} * ${u(og)} + n; let code = ${code};
        let ky = y - (i32(q / ${u(g.columns)} * ${u(step[0])} + code / ${u(window[1])}) - ${String(before[0])}) * ${String(s.stride[0])};
        if ((code != ${u(DEAD)}) & (ky >= 0) & (ky < ${String(s.kernel[0])})) {
          let v = ${gradient};
          let x = ${corner(g, `(q % ${u(g.columns)})`, 1)};
          for (var kx = ${from}; kx < ${to}; kx++) {
            let column = x + kx; ${pixel} = fma(v, ${places.at(weight, tap)}, ${pixel});
          }
        }
      }
    }`,
  );
}
