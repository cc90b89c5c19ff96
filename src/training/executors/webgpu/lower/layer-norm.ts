/** Layer norm over all elements of a sample, or over the channels of each pixel. */
import { bufferAt, elements, numberOf, type Op, type Plan } from '../../../plan/plan.ts';
import { each, inBlocks, sums, u, WIDE, type Kernel } from '../kernel.ts';
import { f, read, type Lowering } from './lowering.ts';
import { store } from './store.ts';

/** Groups of a sample, and elements of a group: `groups` apart. */
function groupsOf(plan: Plan, op: Op, id: number | undefined): { groups: number; size: number } {
  const { shape } = bufferAt(plan, [id ?? -1], 0);
  if (op.attributes['over'] === 'all') return { groups: 1, size: elements(shape) };
  return { groups: elements(shape.slice(1)), size: shape[0] ?? 1 };
}

/** Declares `base`: index of the first element of group i. */
function baseOf(groups: number, size: number): string {
  return `let base = i / ${u(groups)} * ${u(groups * size)} + i % ${u(groups)};`;
}

/** One thread a group. */
export function layerNorm(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [input, weight, bias] = op.inputs;
  const { groups, size } = groupsOf(plan, op, input);
  const x = read(to, op, 0, `base + q * ${u(groups)}`);
  const loop = { start: '0u', end: u(size) };
  return [
    each(
      op.kind,
      plan.batch * groups,
      `${baseOf(groups, size)}
  ${inBlocks(['s'], loop, `part_s += ${x};`)} let mu = s / ${String(size)}.0;
  ${inBlocks(['d'], loop, `let e = ${x} - mu; part_d = fma(e, e, part_d);`)}
  let r = 1.0 / sqrt(d / ${String(size)}.0 + ${f(numberOf(op, 'epsilon'))});
  ${store(to, op, 1, 'i', 'mu')} ${store(to, op, 2, 'i', 'r')}
  for (var k = 0u; k < ${u(size)}; k++) {
    let j = base + k * ${u(groups)}; let scale = ${places.at(weight, 'k')} * r;
    ${store(to, op, 0, 'j', `fma(scale, ${read(to, op, 0, 'j')} - mu, ${places.at(bias, 'k')})`)}
  }`,
    ),
  ];
}

export function layerNormGradient(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [, input, weight] = op.inputs;
  const [weightGradient, biasGradient, inputGradient] = op.outputs;
  const { groups, size } = groupsOf(plan, op, input);
  const loop = { start: 't', end: `at.n * ${u(groups)}`, step: WIDE };
  const element = `q / ${u(groups)} * ${u(groups * size)} + q % ${u(groups)} + k * ${u(groups)}`;
  const normed = `(${read(to, op, 1, 'e')} - ${read(to, op, 3, 'q')}) * ${read(to, op, 4, 'q')}`;
  const both = sums(
    `${op.kind} sums`,
    size,
    `${inBlocks(
      ['a', 'b'],
      loop,
      `let e = ${element}; let g = ${read(to, op, 0, 'e')}; part_a += g;
      part_b = fma(g, ${normed}, part_b);`,
    )}
  let sa = total(t, a); let sb = total(t, b);
  if (t == 0u) { ${places.at(biasGradient, 'k')} = sa; ${places.at(weightGradient, 'k')} = sb; }`,
  );
  if (inputGradient === undefined) return [both];
  const scaled = (e: string, k: string): string =>
    `${places.at(weight, k)} * ${read(to, op, 0, e)}`;
  const m = `${String(size)}.0`;
  const x = each(
    op.kind,
    plan.batch * groups,
    `${baseOf(groups, size)}
  let mu = ${read(to, op, 3, 'i')}; let r = ${read(to, op, 4, 'i')};
  ${inBlocks(
    ['s', 'p'],
    { start: '0u', end: u(size) },
    `let e = base + q * ${u(groups)}; let h = ${scaled('e', 'q')}; part_s += h;
      part_p = fma(h, (${read(to, op, 1, 'e')} - mu) * r, part_p);`,
  )}
  for (var k = 0u; k < ${u(size)}; k++) {
    let j = base + k * ${u(groups)}; let normed = (${read(to, op, 1, 'j')} - mu) * r;
    let v = r * (${scaled('j', 'k')} - s / ${m} - normed * p / ${m});
    ${store(to, op, 2, 'j', 'v')}
  }`,
  );
  return [both, x];
}
