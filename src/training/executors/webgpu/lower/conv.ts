/** Convolutions and dense layers as matrix products; depthwise ones are in depthwise.ts. */
import type { Op } from '../../../plan/plan.ts';
import { product, splitsOf } from '../gemm.ts';
import { each, u, type Kernel } from '../kernel.ts';
import { inScratch } from '../places.ts';
import { depthwise, depthwiseInputGradient, depthwiseWeightGradient } from './depthwise.ts';
import { stores, type Lowering } from './lowering.ts';
import { convWindows, hit, hitPixel, inside, reach, reachBack, type Windows } from './windows.ts';

function isDepthwise({ groups, c }: Windows): boolean {
  return groups === c && groups > 1;
}

const SIGNATURES = {
  loadA: 'fn loadA(lane: u32, g: u32, i: u32, k: u32) -> f32',
  loadB: 'fn loadB(lane: u32, g: u32, k: u32, j: u32) -> f32',
  put: 'fn put(lane: u32, g: u32, split: u32, i: u32, j: u32, v: f32)',
} as const;

/** C[filter, (sample, pixel)] over k = (channel, tap). */
export function conv(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [input, weight, bias] = op.inputs;
  const [output] = op.outputs;
  const s = convWindows(plan, op, input, output);
  if (isDepthwise(s)) return depthwise(op, to, s);
  const [cg, og] = [s.c / s.groups, s.o / s.groups];
  const k = cg * s.taps;
  const n = plan.batch * s.out;
  const read = `(b * ${u(s.c)} + g * ${u(cg)} + c) * ${u(s.plane)} + u32(y * ${String(s.w)} + x)`;
  const code = `${SIGNATURES.loadA} {
  return ${places.at(weight, `(g * ${u(og)} + i) * ${u(k)} + k`)};
}
${SIGNATURES.loadB} {
  let b = j / ${u(s.out)}; let p = j % ${u(s.out)}; let c = k / ${u(s.taps)}; let tap = k % ${u(s.taps)};
  ${reach(s)}
  if (${inside(s)}) { return ${places.at(input, read)}; } return 0.0;
}
${SIGNATURES.put} {
  let b = j / ${u(s.out)}; let p = j % ${u(s.out)}; let o = g * ${u(og)} + i;
  ${places.at(output, `(b * ${u(s.o)} + o) * ${u(s.out)} + p`)} =
    v + ${bias === undefined ? '0.0' : places.at(bias, 'o')};
}`;
  const alongB = s.out > 1 ? 'j' : 'k';
  return [
    product(op.kind, {
      ...{ m: og, n, k, groups: s.groups, splits: 1, tile: to.tileFor(og, n), code },
      ...{ alongA: 'k', alongB },
    }),
  ];
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
  const read = `(b * ${u(s.o)} + g * ${u(og)} + o) * ${u(s.out)} + ${hitPixel(s)}`;
  const filter = `g * ${u(og)} + k / ${u(s.taps)}`;
  const code = `${SIGNATURES.loadA} {
  return ${places.at(weight, `((${filter}) * ${u(cg)} + i) * ${u(s.taps)} + k % ${u(s.taps)}`)};
}
${SIGNATURES.loadB} {
  let b = j / ${u(s.plane)}; let p = j % ${u(s.plane)};
  let o = k / ${u(s.taps)}; let tap = k % ${u(s.taps)};
  ${reachBack(s)}
  if (${hit(s)}) { return ${places.at(gradient, read)}; } return 0.0;
}
${SIGNATURES.put} {
  let b = j / ${u(s.plane)}; let p = j % ${u(s.plane)};
  ${places.at(input, `(b * ${u(s.c)} + g * ${u(cg)} + i) * ${u(s.plane)} + p`)} ${stores(op)} v;
}`;
  const alongB = s.plane > 1 ? 'j' : 'k';
  return [
    product(op.kind, {
      ...{ m: cg, n, k: og * s.taps, groups: s.groups, splits: 1 },
      ...{ tile: to.tileFor(cg, n), code, alongA: 'i', alongB },
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
  const store = (v: string): string => {
    const toWeight = `${places.at(weight, `o * ${u(own)} + j`)} = ${v};`;
    if (bias === undefined) return toWeight;
    return `if (j < ${u(own)}) { ${toWeight} } else { ${places.at(bias, 'o')} = ${v}; }`;
  };
  const read = `(b * ${u(s.c)} + g * ${u(cg)} + c) * ${u(s.plane)} + u32(y * ${String(s.w)} + x)`;
  const pixel = `let b = k / ${u(s.out)}; let p = k % ${u(s.out)};`;
  const code = `${SIGNATURES.loadA} {
  ${pixel} let o = g * ${u(og)} + i;
  return ${places.at(gradient, `(b * ${u(s.o)} + o) * ${u(s.out)} + p`)};
}
${SIGNATURES.loadB} {
  if (j == ${u(own)}) { return 1.0; }
  ${pixel} let c = j / ${u(s.taps)}; let tap = j % ${u(s.taps)};
  ${reach(s)}
  if (${inside(s)}) { return ${places.at(input, read)}; } return 0.0;
}
${SIGNATURES.put} {
  let o = g * ${u(og)} + i;
  ${splits === 1 ? store('v') : `${inScratch(partials, `(split * ${u(s.o)} + o) * ${u(n)} + j`)} = v;`}
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
  for (var q = 0u; q < ${u(splits)}; q++) { sum += ${inScratch(partials, `q * ${u(s.o * n)} + i`)}; }
  ${store('sum')}`,
  );
  return [products, sum];
}
