/** Depthwise convolutions: one channel a group. */
import type { Op } from '../../../plan/plan.ts';
import { each, range, sums, u, WIDE, type Kernel } from '../kernel.ts';
import { read, type Lowering } from './lowering.ts';
import { store } from './store.ts';
import { hit, hitPixel, inside, reach, reachBack, type Windows } from './windows.ts';

/** One thread an output element. */
export function depthwise(op: Op, to: Lowering, s: Windows): readonly Kernel[] {
  const { plan, places } = to;
  const [, weight, bias] = op.inputs;
  const group = `o / ${u(s.o / s.groups)}`;
  const at = `(b * ${u(s.c)} + ${group}) * ${u(s.plane)} + u32(y * ${String(s.w)} + x)`;
  const value = read(to, op, 0, at, group);
  const tap = places.at(weight, `o * ${u(s.taps)} + tap`);
  return [
    each(
      op.kind,
      plan.batch * s.o * s.out,
      `let p = i % ${u(s.out)}; let o = i / ${u(s.out)} % ${u(s.o)}; let b = i / ${u(s.out * s.o)};
  var sum = ${bias === undefined ? '0.0' : places.at(bias, 'o')};
  for (var tap = 0u; tap < ${u(s.taps)}; tap++) {
    ${reach(s)}
    if (${inside(s)}) { sum = fma(${tap}, ${value}, sum); }
  }
  ${store(to, op, 0, 'i', 'sum', 'o')}`,
    ),
  ];
}

/** One thread an input element. */
export function depthwiseInputGradient(op: Op, to: Lowering, s: Windows): readonly Kernel[] {
  const { plan, places } = to;
  const [, weight] = op.inputs;
  const og = s.o / s.groups;
  const value = read(to, op, 0, `(b * ${u(s.o)} + o) * ${u(s.out)} + ${hitPixel(s)}`, 'o');
  const tap = places.at(weight, `o * ${u(s.taps)} + tap`);
  return [
    each(
      op.kind,
      plan.batch * s.c * s.plane,
      `let p = i % ${u(s.plane)}; let c = i / ${u(s.plane)} % ${u(s.c)};
  let b = i / ${u(s.plane * s.c)}; var sum = 0.0;
  for (var o = c * ${u(og)}; o < (c + 1u) * ${u(og)}; o++) {
    for (var tap = 0u; tap < ${u(s.taps)}; tap++) {
      ${reachBack(s)}
      if (${hit(s)}) { sum = fma(${tap}, ${value}, sum); }
    }
  }
  ${store(to, op, 0, 'i', 'sum', 'c')}`,
    ),
  ];
}

/**
 * One workgroup a filter; each thread sums all taps of its pixels. Indices are clamped and values
 * selected: compilers take minutes over a branch for each unrolled tap.
 */
export function depthwiseWeightGradient(op: Op, to: Lowering, s: Windows): readonly Kernel[] {
  const { plan, places } = to;
  const group = `o / ${u(s.o / s.groups)}`;
  const [weight, bias] = op.outputs;
  const [rows, columns] = s.kernel;
  const taps = range(s.taps).map((tap) => {
    const [a, b] = [String(Math.floor(tap / columns)), String(tap % columns)];
    const value = read(to, op, 0, `row${a} + column${b}`, 'group');
    const d = `d${String(tap)}`;
    return `${d} = fma(v, select(0.0, ${value}, inRow${a} && inColumn${b}), ${d});`;
  });
  const edges = (axis: 'y' | 'x', count: number, size: number): string[] =>
    range(count).map((i) => {
      const [at, end] = [`${axis}${String(i)}`, String(size - 1)];
      const known = `let ${at} = ${axis} + ${String(i)};`;
      const clamped = `clamp(${at}, 0, ${end})`;
      const test = `${at} >= 0 && ${at} <= ${end};`;
      return axis === 'y'
        ? `${known} let inRow${String(i)} = ${test} let row${String(i)} = plane + u32(${clamped} * ${String(s.w)});`
        : `${known} let inColumn${String(i)} = ${test} let column${String(i)} = u32(${clamped});`;
    });
  const k = plan.batch * s.out;
  const names = range(s.taps).map((tap) => `d${String(tap)}`);
  const biasSum =
    bias === undefined
      ? ''
      : `{ let sum = total(t, db); if (t == 0u) { ${places.at(bias, 'o')} = sum; } }`;
  return [
    sums(
      op.kind,
      s.o,
      `let o = k; var db = 0.0; ${names.map((d) => `var ${d} = 0.0;`).join(' ')}
  let group = ${group};
  for (var q = t; q < ${u(k)}; q += ${u(WIDE)}) {
    let b = q / ${u(s.out)}; let p = q % ${u(s.out)};
    let v = ${read(to, op, 1, `(b * ${u(s.o)} + o) * ${u(s.out)} + p`, 'o')}; db += v;
    let y = i32(p / ${u(s.columns)} * ${u(s.stride[0])}) - ${String(s.padding[0])};
    let x = i32(p % ${u(s.columns)} * ${u(s.stride[1])}) - ${String(s.padding[1])};
    let plane = (b * ${u(s.c)} + group) * ${u(s.plane)};
    ${[...edges('y', rows, s.h), ...edges('x', columns, s.w), ...taps].join('\n    ')}
  }
  var all = array<f32, ${String(s.taps)}>(${names.join()});
  for (var a = 0u; a < ${u(s.taps)}; a++) {
    let sum = total(t, all[a]);
    if (t == 0u) { ${places.at(weight, `o * ${u(s.taps)} + a`)} = sum; }
  }
  ${biasSum}`,
    ),
  ];
}
