/** Max and average pools over windows, and global average pools. */
import type { Op } from '../../../plan/plan.ts';
import { each, inBlocks, u, type Kernel } from '../kernel.ts';
import { read, sizeOf, type Lowering } from './lowering.ts';
import { store } from './store.ts';
import { hit, hitPixel, inside, poolWindows, reach, reachBack, type Windows } from './windows.ts';

/** One thread an output element. */
export function pool(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  const [input] = op.inputs;
  const [output] = op.outputs;
  const s = poolWindows(plan, op, input, output);
  const max = op.kind === 'max-pool';
  const x = read(to, op, 0, `q * ${u(s.plane)} + u32(y * ${String(s.w)} + x)`);
  const take = max ? 'if (n == 0.0 || v > best) { best = v; won = tap; }' : 'best += v;';
  return [
    each(
      op.kind,
      plan.batch * s.c * s.out,
      `let p = i % ${u(s.out)}; let q = i / ${u(s.out)}; var n = 0.0; var best = 0.0; var won = 0u;
  for (var tap = 0u; tap < ${u(s.taps)}; tap++) {
    ${reach(s)}
    if (${inside(s)}) { let v = ${x}; ${take} n += 1.0; }
  }
  ${store(to, op, 0, 'i', max ? 'best' : 'best / n')}
  ${max ? store(to, op, 1, 'i', 'f32(won)') : ''}`,
    ),
  ];
}

/** One thread an input element, over the windows it lies in: no two threads add to one element. */
export function poolGradient(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  const [gradient] = op.inputs;
  const [input] = op.outputs;
  const s = poolWindows(plan, op, input, gradient);
  const max = op.kind === 'max-pool-gradient';
  const g = read(to, op, 0, `q * ${u(s.out)} + o`);
  const add = max
    ? `if (${read(to, op, 1, `q * ${u(s.out)} + o`)} == f32(tap)) { sum += ${g}; }`
    : `sum += ${g} / valid(o);`;
  return [
    each(
      op.kind,
      plan.batch * s.c * s.plane,
      `let p = i % ${u(s.plane)}; let q = i / ${u(s.plane)}; var sum = 0.0;
  for (var tap = 0u; tap < ${u(s.taps)}; tap++) {
    ${reachBack(s)}
    if (${hit(s)}) { let o = ${hitPixel(s)}; ${add} }
  }
  ${store(to, op, 0, 'i', 'sum')}`,
      max ? {} : { functions: validTaps(s) },
    ),
  ];
}

/** Function of the number of taps of window p that lie in the image. */
function validTaps(s: Windows): string {
  return `fn valid(p: u32) -> f32 {
  var n = 0.0;
  for (var tap = 0u; tap < ${u(s.taps)}; tap++) { ${reach(s)} if (${inside(s)}) { n += 1.0; } }
  return n;
}`;
}

export function globalPool(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  const [input] = op.inputs;
  const [output] = op.outputs;
  const plane = sizeOf(plan, input) / sizeOf(plan, output);
  const loop = { start: `i * ${u(plane)}`, end: `(i + 1u) * ${u(plane)}` };
  return [
    each(
      op.kind,
      plan.batch * sizeOf(plan, output),
      `${inBlocks(['sum'], loop, `part_sum += ${read(to, op, 0, 'q')};`)}
  ${store(to, op, 0, 'i', `sum / ${String(plane)}.0`)}`,
    ),
  ];
}
