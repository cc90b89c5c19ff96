/** Element-wise ops that no other kernel applies: activations, their gradients, sums, copies. */
import type { Op } from '../../../plan/plan.ts';
import { each, u, type Kernel } from '../kernel.ts';
import { planesOf, sizeOf, type Lowering } from './lowering.ts';
import { computed, mainOutput } from './pointwise.ts';
import { store } from './store.ts';

/** One thread an element. */
export function elementwise(op: Op, to: Lowering): readonly Kernel[] {
  const { plan } = to;
  const n = mainOutput(op);
  const output = op.outputs[n];
  const { channels, plane } = planesOf(plan, output);
  const body = `let k = i / ${u(plane)} % ${u(channels)};
  ${computed(op, to, 'x', { i: 'i', k: 'k' })}
  ${store(to, op, n, 'i', 'x', 'k')}`;
  return [each(op.kind, sizeOf(plan, output) * plan.batch, body)];
}
