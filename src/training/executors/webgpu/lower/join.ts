/** Ops that join or split branches: add, multiply, concat. */
import { bufferAt, elements, numberOf, type Op } from '../../../plan/plan.ts';
import { each, inBlocks, u, type Kernel } from '../kernel.ts';
import { sizeOf, stores, type Lowering } from './lowering.ts';

export function add(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [output] = op.outputs;
  const sum = op.inputs.map((id) => places.at(id, 'i')).join(' + ');
  return [each(op.kind, plan.batch * sizeOf(plan, output), `${places.at(output, 'i')} = ${sum};`)];
}

/** The second factor may have one element a channel. */
export function multiply(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [a, b] = op.inputs;
  const [output] = op.outputs;
  const per = sizeOf(plan, a) / sizeOf(plan, b);
  const factors = `${places.at(a, 'i')} * ${places.at(b, `i / ${u(per)}`)}`;
  const items = plan.batch * sizeOf(plan, output);
  return [each(op.kind, items, `${places.at(output, 'i')} = ${factors};`)];
}

export function multiplyGradient(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [gradient, other] = op.inputs;
  const [output] = op.outputs;
  const size = sizeOf(plan, gradient);
  const perOther = size / sizeOf(plan, other);
  const per = size / sizeOf(plan, output);
  const factor = places.at(other, `q / ${u(perOther)}`);
  const term = `part_sum = fma(${places.at(gradient, 'q')}, ${factor}, part_sum);`;
  const loop = { start: `i * ${u(per)}`, end: `(i + 1u) * ${u(per)}` };
  return [
    each(
      op.kind,
      plan.batch * sizeOf(plan, output),
      `${inBlocks(['sum'], loop, term)} ${places.at(output, 'i')} ${stores(op)} sum;`,
    ),
  ];
}

/** Elements before and after the parts are zeros. */
export function concat(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [output] = op.outputs;
  const size = sizeOf(plan, output);
  const plane = elements(bufferAt(plan, op.outputs, 0).shape.slice(1));
  let first = numberOf(op, 'before') * plane;
  const parts = op.inputs.map((id) => {
    const part = sizeOf(plan, id);
    const value = places.at(id, `b * ${u(part)} + k - ${u(first)}`);
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
  ${places.at(output, 'i')} = v;`,
    ),
  ];
}

export function concatGradient(op: Op, { plan, places }: Lowering): readonly Kernel[] {
  const [gradient] = op.inputs;
  const [output] = op.outputs;
  const [whole, part] = [sizeOf(plan, gradient), sizeOf(plan, output)];
  const first = numberOf(op, 'first');
  const from = `i / ${u(part)} * ${u(whole)} + i % ${u(part)} + ${u(first)}`;
  const value = places.at(gradient, from);
  return [each(op.kind, plan.batch * part, `${places.at(output, 'i')} ${stores(op)} ${value};`)];
}
