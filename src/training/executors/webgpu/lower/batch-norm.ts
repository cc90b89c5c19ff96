/**
 * Sums of batch norms: statistics, and the gradients of scale and shift. What follows from them
 * element by element is in pointwise.ts. Only the valid samples of a batch count.
 */
import { numberOf, type Op } from '../../../plan/plan.ts';
import { COLUMNS } from '../gemm-sums.ts';
import { inBlocks, sums, u, WIDE, type Kernel, type Loop } from '../kernel.ts';
import { elementwise } from './activation.ts';
import { f, planesOf, read, type Lowering } from './lowering.ts';
import { mainOutput } from './pointwise.ts';

/** Index of the q-th element of channel k, in sample order. */
function placeOf(channels: number, plane: number): string {
  return `(q / ${u(plane)} * ${u(channels)} + k) * ${u(plane)} + q % ${u(plane)}`;
}

/** Statistics of each channel: the mean, then centred squares. */
export function batchNorm(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [input, , , oldMean, oldVariance] = op.inputs;
  const [, mean, inverse] = op.outputs;
  const { channels, plane } = planesOf(plan, input);
  const x = read(to, op, 0, placeOf(channels, plane), 'k');
  const momentum = numberOf(op, 'momentum');
  const loop = { start: 't', end: `at.n * ${u(plane)}`, step: WIDE };
  const running = (id: number | undefined, value: string): string => {
    const old = places.at(id, 'k');
    return `${old} = ${f(1 - momentum)} * ${old} + ${f(momentum)} * ${value};`;
  };
  const parts = partsOf(op, to, plane);
  // Chan et al. 1979: moments of the whole from those of blocks.
  const [sum, squares] =
    parts === null
      ? [
          inBlocks(['s'], loop, `part_s += ${x};`),
          inBlocks(['d'], loop, `let e = ${x} - mu; part_d = fma(e, e, part_d);`),
        ]
      : [
          inBlocks(['s'], parts.loop, `part_s = fma(${parts.count}, ${parts.first}, part_s);`),
          inBlocks(
            ['d'],
            parts.loop,
            `let e = ${parts.first} - mu; part_d += fma(${parts.count} * e, e, ${parts.second});`,
          ),
        ];
  const statistics = sums(
    `${op.kind} statistics`,
    channels,
    `let m = f32(at.n * ${u(plane)});
  ${sum}
  let mu = total(t, s) / m;
  ${squares}
  let v = total(t, d) / m;
  if (t == 0u) {
    ${places.at(mean, 'k')} = mu;
    ${places.at(inverse, 'k')} = 1.0 / sqrt(v + ${f(numberOf(op, 'epsilon'))});
    ${running(oldMean, 'mu')}
    if (m > 1.0) { ${running(oldVariance, 'v * (m / (m - 1.0))')} }
  }`,
  );
  return [statistics, ...applied(op, to)];
}

/** Both sums of each channel, then x'. */
export function batchNormGradient(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const [, input, , mean, inverse] = op.inputs;
  const [weightGradient, biasGradient] = op.outputs;
  const { channels, plane } = planesOf(plan, input);
  const place = placeOf(channels, plane);
  const loop = { start: 't', end: `at.n * ${u(plane)}`, step: WIDE };
  const term = `let g = ${read(to, op, 0, place, 'k')}; part_a += g;
      part_b = fma(g, (${read(to, op, 1, place, 'k')} - mu) * r, part_b);`;
  const parts = partsOf(op, to, plane);
  const both = sums(
    `${op.kind} sums`,
    channels,
    `let mu = ${places.at(mean, 'k')}; let r = ${places.at(inverse, 'k')};
  ${
    parts === null
      ? inBlocks(['a', 'b'], loop, term)
      : inBlocks(['a', 'b'], parts.loop, `part_a += ${parts.first}; part_b += ${parts.second};`)
  }
  let sa = total(t, a); let sb = total(t, b);
  if (t == 0u) { ${places.at(biasGradient, 'k')} = sa; ${places.at(weightGradient, 'k')} = sb; }`,
  );
  return [both, ...applied(op, to)];
}

interface Parts {
  readonly loop: Loop;
  /** Sums of block q of channel k, and how many elements they are of. */
  readonly first: string;
  readonly second: string;
  readonly count: string;
}

/** Sums in parts that the product before has stored; null: there are none. */
function partsOf(op: Op, to: Lowering, plane: number): Parts | null {
  const { plan, places, fusion } = to;
  if (!fusion.hasParts(op)) return null;
  const blocks = Math.ceil((plan.batch * plane) / COLUMNS);
  const valid = `at.n * ${u(plane)}`;
  const part = (n: number): string => places.part(op, `2u * (k * ${u(blocks)} + q) + ${u(n)}`);
  return {
    loop: { start: 't', end: `(${valid} + ${u(COLUMNS - 1)}) / ${u(COLUMNS)}`, step: WIDE },
    first: `${places.accessParts('<', op)}${part(0)}`,
    second: part(1),
    count: `f32(min(${u(COLUMNS)}, ${valid} - q * ${u(COLUMNS)}))`,
  };
}

/** Kernel of the result that has samples, unless its readers compute it or nothing needs it. */
function applied(op: Op, to: Lowering): readonly Kernel[] {
  const n = mainOutput(op);
  if (op.outputs[n] === undefined || to.fusion.isView(to.fusion.flow.output(op, n))) return [];
  return elementwise(op, to);
}
