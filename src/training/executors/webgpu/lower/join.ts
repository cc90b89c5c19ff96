/** Ops that join or split branches: concat, and the gradient of factors that planes share. */
import { bufferAt, elements, numberOf, type Op } from '../../../plan/plan.ts';
import { each, inBlocks, u, type Kernel } from '../kernel.ts';
import { elementwise } from './activation.ts';
import { read, sizeOf, type Lowering } from './lowering.ts';
import { operandsOf } from './pointwise.ts';
import { store } from './store.ts';

/** Sums over the plane if one factor has one element a channel. */
export function multiplyGradient(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  if (operandsOf(op, to) !== null) return elementwise(op, to);
  const [gradient, other] = op.inputs;
  const [output] = op.outputs;
  const size = sizeOf(plan, gradient);
  const perOther = size / sizeOf(plan, other);
  const per = size / sizeOf(plan, output);
  const factor = read(to, op, 1, `q / ${u(perOther)}`);
  const term = `part_sum = fma(${read(to, op, 0, 'q')}, ${factor}, part_sum);`;
  const loop = { start: `i * ${u(per)}`, end: `(i + 1u) * ${u(per)}` };
  return [
    each(
      op.kind,
      plan.batch * sizeOf(plan, output),
      `${inBlocks(['sum'], loop, term)} ${store(to, op, 0, 'i', 'sum')}`,
    ),
  ];
}

/** Elements before and after the parts are zeros. */
export function concat(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  const [output] = op.outputs;
  const size = sizeOf(plan, output);
  const plane = elements(bufferAt(plan, op.outputs, 0).shape.slice(1));
  let first = numberOf(op, 'before') * plane;
  const parts = op.inputs.map((id, n) => {
    const part = sizeOf(plan, id);
    const value = read(to, op, n, `b * ${u(part)} + k - ${u(first)}`);
    const text = `if (k >= ${u(first)} && k < ${u(first + part)}) { v = ${value}; }`;
    first += part;
    return text;
  });
  return [
    each(
      op.kind,
      plan.batch * size,
      `let b = i / ${u(size)}; let k = i % ${u(size)}; var v = 0.0;
  ${parts.join('\n  ')}
  ${store(to, op, 0, 'i', 'v')}`,
    ),
  ];
}

export function concatGradient(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  const [gradient] = op.inputs;
  const [output] = op.outputs;
  const [whole, part] = [sizeOf(plan, gradient), sizeOf(plan, output)];
  const first = numberOf(op, 'first');
  const from = `i / ${u(part)} * ${u(whole)} + i % ${u(part)} + ${u(first)}`;
  return [each(op.kind, plan.batch * part, store(to, op, 0, 'i', read(to, op, 0, from)))];
}
