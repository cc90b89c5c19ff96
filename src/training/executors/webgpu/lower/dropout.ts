/** Dropout and its gradient: masks are recomputed from the generator, never stored. */
import { PURPOSE } from '../../../../core/random.ts';
import { numberOf, type Op } from '../../../plan/plan.ts';
import { each, parameter, u, type Kernel } from '../kernel.ts';
import { column, columnBits, read, type Lowering } from './lowering.ts';
import { store } from './store.ts';

/** One thread four features of a sample: one call of the generator gives four words. */
export function dropout(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  const features = numberOf(op, 'features');
  const blocks = Math.ceil(features / 4);
  const stream = parameter(PURPOSE.dropout * 2 ** 24 + numberOf(op, 'ordinal'));
  const value = `select(${read(to, op, 0, 'index')} * scale, 0.0, r[k] < limit)`;
  return [
    each(
      op.kind,
      plan.batch * blocks,
      `let b = i / ${u(blocks)}; let first = i % ${u(blocks)} * 4u;
  let r = philox(${to.firstSample} * ${u(blocks)} + i, at.step, lanes[place + 1u], ${stream});
  let limit = ${columnBits(to, op, 0)}; let scale = ${column(to, op, 1)};
  for (var k = 0u; k < 4u; k++) {
    if (first + k < ${u(features)}) {
      let index = b * ${u(features)} + first + k;
      ${store(to, op, 0, 'index', value)}
    }
  }`,
    ),
  ];
}
