/** Losses: one workgroup a lane computes loss, hits and gradient, and writes the step's metrics. */
import { bufferAt, type Op } from '../../../plan/plan.ts';
import { sums, u, WIDE, type Kernel } from '../kernel.ts';
import { labelBits } from './gather.ts';
import { column, read, sizeOf, type Lowering } from './lowering.ts';
import { store } from './store.ts';

/** WGSL that adds the loss of sample `b` to `sum` and `hits`, and stores its gradient. */
export function sampleLoss(op: Op, to: Lowering): string {
  return textsOf(op, to).valid;
}

interface Texts {
  readonly valid: string;
  /** Of a position without a sample: its gradient is 0. */
  readonly invalid: string;
}

function textsOf(op: Op, to: Lowering): Texts {
  const { plan } = to;
  const [prediction] = op.inputs;
  // Evaluation has no gradient.
  const gradient = op.outputs.length === 3 ? op.outputs[0] : undefined;
  const size = sizeOf(plan, prediction);
  const classes = bufferAt(plan, op.inputs, 1).type === 'u32';
  const z = (k: string): string => read(to, op, 0, `b * ${u(size)} + ${k}`);
  const smoothing = op.hyper[0] === undefined ? '0.0' : column(to, op, 0);
  const eachClass = (body: string): string => `for (var k = 0u; k < ${u(size)}; k++) { ${body} }`;
  const toGradient = (value: string): string =>
    gradient === undefined ? '' : store(to, op, 0, `b * ${u(size)} + k`, value);
  const target = classes
    ? 'select(0.0, 1.0, k == y)'
    : `bitcast<f32>(${labelBits(to, op, `b * ${u(size)} + k`)})`;
  const hot = `select(0.0, 1.0 - s, k == y) - s / ${String(size)}.0`;
  const cross = `let s = ${smoothing}; var e = 0.0; var mean = 0.0; var zy = 0.0;
      ${eachClass(`e += expOf(${z('k')} - top); mean += ${z('k')}; if (k == y) { zy = ${z('k')}; }`)}
      sum += top + logOf(e) - (1.0 - s) * zy - s * mean / ${String(size)}.0;
      ${eachClass(toGradient(`(expOf(${z('k')} - top) / e - ${hot}) / f32(at.n)`))}`;
  const squares = `let d = ${z('k')} - ${target}; e = fma(d, d, e);
        ${toGradient(`2.0 * d / ${String(size)}.0 / f32(at.n)`)}`;
  const squared = `var e = 0.0; ${eachClass(squares)} sum += e / ${String(size)}.0;`;
  const valid = `let y = ${labelBits(to, op, classes ? 'b' : `b * ${u(size)}`)}; var top = ${z('0u')}; var won = 0u;
      ${eachClass(`if (${z('k')} > top) { top = ${z('k')}; won = k; }`)}
      ${classes ? 'if (won == y) { hits += 1.0; }' : ''}
      ${op.kind === 'softmax-cross-entropy' ? cross : squared}`;
  return { valid, invalid: eachClass(toGradient('0.0')) };
}

export function loss(op: Op, to: Lowering): readonly Kernel[] {
  const { valid, invalid } = textsOf(op, to);
  return [
    sums(
      op.kind,
      1,
      `var sum = 0.0; var hits = 0.0;
  for (var b = t; b < ${u(to.plan.batch)}; b += ${u(WIDE)}) {
    if (b < at.n) { ${valid} } else { ${invalid} }
  }
  let allLoss = total(t, sum); let allHits = total(t, hits);
  if (t == 0u) {
    let m = (at.slot * at.count + lanes[place + 2u]) * 2u;
    metrics[m] = allLoss; metrics[m + 1u] = allHits;
  }`,
    ),
  ];
}
