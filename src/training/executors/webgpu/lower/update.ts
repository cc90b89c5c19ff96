/** Optimisers, clipping of gradients, and the check for finite weights. */
import { blockSize, elements, numberOf, type Op, type Plan } from '../../../plan/plan.ts';
import { each, sums, u, WIDE, type Kernel } from '../kernel.ts';
import { inScratch, inState } from '../places.ts';
import { column, type Lowering } from './lowering.ts';

/** Clips by value, or by the norm over all weights of the lane. */
export function clip(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const block = blockSize(plan);
  const own = places.gradient('i');
  const limit = column(to, op, 0);
  if (op.attributes['by'] === 'value') {
    const body = `let limit = ${limit}; ${own} = max(-limit, min(limit, ${own}));`;
    return [each(op.kind, block, body)];
  }
  const factor = inScratch(places.clipFactor, '0u');
  const count = plan.weights.length;
  const table = (name: string, values: readonly number[]): string =>
    `const ${name} = array<u32, ${String(count)}>(${values.map(u).join()});`;
  const functions = [
    table(
      'starts',
      plan.weights.map(({ offset }) => offset),
    ),
    table(
      'sizes',
      plan.weights.map(({ shape }) => elements(shape)),
    ),
  ].join('\n');
  const norm = sums(
    `${op.kind} norm`,
    1,
    `var all = 0.0;
  for (var n = 0u; n < ${u(count)}; n++) {
    var s = 0.0;
    for (var i = t; i < sizes[n]; i += ${u(WIDE)}) {
      let g = ${inScratch(0, 'starts[n] + i')}; s = fma(g, g, s);
    }
    all += total(t, s);
  }
  if (t == 0u) { ${factor} = min(1.0, ${limit} / (sqrt(all) + 1e-6)); }`,
    functions,
  );
  return [norm, each(op.kind, block, `${own} *= ${factor};`)];
}

interface Memory {
  readonly weight: string;
  readonly slot: (k: number) => string;
}

/** The steps compute from gradient g and weight before w0; h0, h1 … are the op's columns. */
function sgdStep(op: Op, plan: Plan, { weight, slot }: Memory): string {
  const decayed = 'if (decays) { g = fma(h2, w0, g); }';
  if (plan.slots.length === 0) return `${decayed} ${weight} = fma(-h0, g, w0);`;
  const nesterov = numberOf(op, 'nesterov') === 1;
  const w = nesterov ? 'fma(-h0, fma(h1, v, g), w0)' : 'fma(-h0, v, w0)';
  return `${decayed} let v = fma(h1, ${slot(0)}, g); ${slot(0)} = v; ${weight} = ${w};`;
}

function rmspropStep(plan: Plan, { weight, slot }: Memory): string {
  const moved = plan.slots.length === 2 ? `d = fma(h4, ${slot(1)}, d); ${slot(1)} = d;` : '';
  return `if (decays) { g = fma(h5, w0, g); }
  let s = fma(h1, ${slot(0)}, h2 * g * g); ${slot(0)} = s; var d = g / (sqrt(s) + h3);
  ${moved} ${weight} = fma(-h0, d, w0);`;
}

function adamStep(decoupled: boolean, { weight, slot }: Memory): string {
  const decayed = decoupled
    ? 'let w1 = select(w0, w0 * h7, decays);'
    : 'if (decays) { g = fma(h7, w0, g); } let w1 = w0;';
  return `${decayed}
  let first = fma(h2, ${slot(0)}, h3 * g);
  let second = fma(h4, ${slot(1)}, h5 * g * g);
  ${slot(0)} = first; ${slot(1)} = second; ${weight} = w1 - h0 * first / fma(sqrt(second), h1, h6);`;
}

function stepOf(op: Op, plan: Plan, memory: Memory): string {
  if (op.kind === 'sgd') return sgdStep(op, plan, memory);
  if (op.kind === 'rmsprop') return rmspropStep(plan, memory);
  return adamStep(op.kind === 'adamw', memory);
}

/** One thread a weight. */
export function update(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const ranges = plan.weights
    .filter(({ decay }) => decay)
    .map(({ offset, shape }) => `(i >= ${u(offset)} && i < ${u(offset + elements(shape))})`);
  const some = ranges.length === 0 ? 'false' : ranges.join(' || ');
  const decays = ranges.length === plan.weights.length ? 'true' : some;
  const columns = op.hyper.map((_, n) => `let h${String(n)} = ${column(to, op, n)};`).join(' ');
  const memory = { weight: places.weight('i'), slot: (k: number) => places.slot(k, 'i') };
  return [
    each(
      op.kind,
      blockSize(plan),
      `${columns}
  let w0 = ${memory.weight}; let decays = ${decays}; var g = ${places.gradient('i')};
  ${stepOf(op, plan, memory)}`,
    ),
  ];
}

/**
 * Writes to the first row of the metrics whether a lane has a weight that is not finite. It looks
 * at exponent bits, because WGSL does not define comparisons with NaN.
 */
export function finite(plan: Plan): Kernel {
  const bits = `bitcast<u32>(${inState(0, 'i')}) & 0x7f800000u`;
  return sums(
    'finite',
    1,
    `var bad = 0.0;
  for (var i = t; i < ${u(blockSize(plan))}; i += ${u(WIDE)}) {
    if ((${bits}) == 0x7f800000u) { bad = 1.0; }
  }
  let all = total(t, bad); if (t == 0u) { metrics[lanes[place + 2u]] = all; }`,
  );
}
