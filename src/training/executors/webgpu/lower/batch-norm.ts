/** Batch norm in training and evaluation. Only the valid samples of a batch count. */
import { bufferAt, elements, numberOf, type Op, type Plan } from '../../../plan/plan.ts';
import { each, inBlocks, sums, u, WIDE, type Kernel } from '../kernel.ts';
import { f, stores, type Lowering } from './lowering.ts';

function planesOf(plan: Plan, id: number | undefined): { channels: number; plane: number } {
  const [channels = 1, ...rest] = bufferAt(plan, [id ?? -1], 0).shape;
  return { channels, plane: elements(rest) };
}

/** Index of the q-th element of channel k, in sample order. */
function placeOf(channels: number, plane: number): string {
  return `(q / ${u(plane)} * ${u(channels)} + k) * ${u(plane)} + q % ${u(plane)}`;
}

/** Statistics of each channel: the mean, then centred squares. Then y. */
export function batchNorm(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [input, weight, bias, oldMean, oldVariance] = op.inputs;
  const [output, mean, inverse] = op.outputs;
  const { channels, plane } = planesOf(plan, input);
  const x = places.at(input, placeOf(channels, plane));
  const momentum = numberOf(op, 'momentum');
  const loop = { start: 't', end: `at.n * ${u(plane)}`, step: WIDE };
  const running = (id: number | undefined, value: string): string => {
    const old = places.at(id, 'k');
    return `${old} = ${f(1 - momentum)} * ${old} + ${f(momentum)} * ${value};`;
  };
  const statistics = sums(
    `${op.kind} statistics`,
    channels,
    `let m = f32(at.n * ${u(plane)});
  ${inBlocks(['s'], loop, `part_s += ${x};`)}
  let mu = total(t, s) / m;
  ${inBlocks(['d'], loop, `let e = ${x} - mu; part_d = fma(e, e, part_d);`)}
  let v = total(t, d) / m;
  if (t == 0u) {
    ${places.at(mean, 'k')} = mu;
    ${places.at(inverse, 'k')} = 1.0 / sqrt(v + ${f(numberOf(op, 'epsilon'))});
    ${running(oldMean, 'mu')}
    if (m > 1.0) { ${running(oldVariance, 'v * (m / (m - 1.0))')} }
  }`,
  );
  const scale = `${places.at(weight, 'k')} * ${places.at(inverse, 'k')}`;
  const centred = `${places.at(input, 'i')} - ${places.at(mean, 'k')}`;
  const apply = each(
    op.kind,
    plan.batch * channels * plane,
    `let k = i / ${u(plane)} % ${u(channels)};
  ${places.at(output, 'i')} = fma(${scale}, ${centred}, ${places.at(bias, 'k')});`,
  );
  return [statistics, apply];
}

export function batchNormEvaluation(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [input, weight, bias, mean, variance] = op.inputs;
  const { channels, plane } = planesOf(plan, input);
  const root = `sqrt(${places.at(variance, 'k')} + ${f(numberOf(op, 'epsilon'))})`;
  const centred = `${places.at(input, 'i')} - ${places.at(mean, 'k')}`;
  return [
    each(
      op.kind,
      plan.batch * channels * plane,
      `let k = i / ${u(plane)} % ${u(channels)}; let scale = ${places.at(weight, 'k')} / ${root};
  ${places.at(op.outputs[0], 'i')} = fma(scale, ${centred}, ${places.at(bias, 'k')});`,
    ),
  ];
}

/** Both sums of each channel, then x'. */
export function batchNormGradient(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [gradient, input, weight, mean, inverse] = op.inputs;
  const [weightGradient, biasGradient, inputGradient] = op.outputs;
  const { channels, plane } = planesOf(plan, input);
  const place = placeOf(channels, plane);
  const loop = { start: 't', end: `at.n * ${u(plane)}`, step: WIDE };
  const term = `let g = ${places.at(gradient, place)}; part_a += g;
      part_b = fma(g, (${places.at(input, place)} - mu) * r, part_b);`;
  const both = sums(
    `${op.kind} sums`,
    channels,
    `let mu = ${places.at(mean, 'k')}; let r = ${places.at(inverse, 'k')};
  ${inBlocks(['a', 'b'], loop, term)}
  let sa = total(t, a); let sb = total(t, b);
  if (t == 0u) { ${places.at(biasGradient, 'k')} = sa; ${places.at(weightGradient, 'k')} = sb; }`,
  );
  if (inputGradient === undefined) return [both];
  const x = each(
    op.kind,
    plan.batch * channels * plane,
    `let k = i / ${u(plane)} % ${u(channels)}; var v = 0.0;
  if (i < at.n * ${u(channels * plane)}) {
    let m = f32(at.n * ${u(plane)}); let r = ${places.at(inverse, 'k')};
    let normed = (${places.at(input, 'i')} - ${places.at(mean, 'k')}) * r;
    let sums = ${places.at(biasGradient, 'k')} + normed * ${places.at(weightGradient, 'k')};
    v = ${places.at(weight, 'k')} * r * (${places.at(gradient, 'i')} - sums / m);
  }
  ${places.at(inputGradient, 'i')} ${stores(op, 2)} v;`,
  );
  return [both, x];
}
