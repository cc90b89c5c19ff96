/** Dropout and its gradient: masks are recomputed from the generator, never stored. */
import { PURPOSE } from '../../../../core/random.ts';
import { numberOf, type Op } from '../../../plan/plan.ts';
import { each, parameter, u, type Kernel } from '../kernel.ts';
import { column, columnBits, stores, type Lowering } from './lowering.ts';

/** One thread four features of a sample: one call of the generator gives four words. */
export function dropout(op: Op, to: Lowering): readonly Kernel[] {
  const { plan, places } = to;
  const features = numberOf(op, 'features');
  const blocks = Math.ceil(features / 4);
  const stream = parameter(PURPOSE.dropout * 2 ** 24 + numberOf(op, 'ordinal'));
  const value = `select(${places.at(op.inputs[0], 'e')} * scale, 0.0, r[k] < limit)`;
  return [
    each(
      op.kind,
      plan.batch * blocks,
      `let b = i / ${u(blocks)}; let first = i % ${u(blocks)} * 4u;
  let r = philox(${to.firstSample} * ${u(blocks)} + i, at.step, lanes[place + 1u], ${stream});
  let limit = ${columnBits(to, op, 0)}; let scale = ${column(to, op, 1)};
  for (var k = 0u; k < 4u; k++) {
    if (first + k < ${u(features)}) {
      let e = b * ${u(features)} + first + k;
      ${places.at(op.outputs[0], 'e')} ${stores(op)} ${value};
    }
  }`,
    ),
  ];
}
