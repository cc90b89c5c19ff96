/** A plan in form A: a batch is gathered for all lanes, then a workgroup computes a lane. */
import { defined } from '../../../../core/at.ts';
import type { Plan } from '../../../plan/plan.ts';
import { unfused } from '../fuse.ts';
import { lowerOp } from '../lower/index.ts';
import { finite } from '../lower/update.ts';
import { constantsOf, Places } from '../places.ts';
import type { Lowered } from '../program.ts';
import { MOST_STEPS } from '../sizes.ts';
import { cardTile } from '../tiles.ts';
import { evaluateKernel, trainKernel } from './emit.ts';
import type { ChipShape } from './memory.ts';

/** Bytes of the batches that one dispatch may read. */
const BATCHES_BYTES = 64 * 2 ** 20;

/** @param bindingBytes bytes of a buffer that a kernel sees at most */
export function lowerChip(plan: Plan, shape: ChipShape, bindingBytes: number): Lowered {
  const fusion = unfused(plan, plan.train);
  const places = new Places(plan, fusion);
  const { state, slots, statistics, shared } = places;
  const bytes = Math.min(BATCHES_BYTES, bindingBytes);
  const steps = Math.max(1, Math.min(MOST_STEPS, Math.floor(bytes / (4 * shared))));
  const to = { plan, fusion, places, tileFor: cardTile, firstSample: '0u' };
  const gather = (training: boolean): Lowered['train'] => {
    const ops = training ? plan.train : plan.evaluate;
    return lowerOp(defined(ops.find(({ kind }) => kind === 'gather')), { ...to, training });
  };
  return {
    plan,
    form: 'A',
    places: {
      ...{ state, slots, statistics, scratch: 0, arena: 0, shared: steps * shared },
      constants: () => constantsOf(state, 0, 0, shared),
    },
    stepsTogether: steps,
    train: [...gather(true), trainKernel(plan, shape)],
    evaluate: [...gather(false), evaluateKernel(plan, shape)],
    finite: finite(plan),
  };
}
