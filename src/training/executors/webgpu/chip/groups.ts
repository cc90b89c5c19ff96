/**
 * Groups of ops that form A computes in one pass: a convolution with its pool and activation, and
 * its gradients through the winners of the pool. Every other op is a group of its own.
 */
import { defined } from '../../../../core/at.ts';
import { withoutPauses } from '../../../../runtime/pausable.ts';
import { findChains, innerBuffers } from '../../../plan/chains.ts';
import { elements, pairOf, rootOf, type Op, type Plan } from '../../../plan/plan.ts';

export interface Group {
  readonly ops: readonly Op[];
  /** True if the values between its ops are never stored. */
  readonly fused: boolean;
}

/** Taps of the largest pool that is computed with its convolution: each has its own sums. */
const MOST_POOL_TAPS = 16;

/** Groups of the training step, or of the evaluation, in their order. */
export function groupsOf(plan: Plan, training: boolean): readonly Group[] {
  const ops = training ? plan.train : plan.evaluate;
  const chains = training ? plan.chains : evaluationChains(plan);
  const groups: Group[] = [];
  for (let i = 0; i < ops.length;) {
    const chain = chains.find(([first]) => first === i)?.flatMap((id) => ops[id] ?? []);
    const fused = chain !== undefined && fuses(plan, ops, chain);
    const own = fused ? chain : ops.slice(i, i + 1);
    groups.push({ ops: own, fused });
    i += own.length;
  }
  return groups;
}

function evaluationChains(plan: Plan): readonly (readonly number[])[] {
  const flattened = plan.evaluate.filter(({ kind }) => kind === 'flatten');
  const sameValue = new Map(
    flattened.map(({ inputs, outputs }) => [defined(outputs[0]), defined(inputs[0])]),
  );
  return withoutPauses(findChains(plan.evaluate, sameValue));
}

/** Returns whether no op outside needs, or adds to, what the chain's ops hand on. */
function fuses(plan: Plan, ops: readonly Op[], chain: readonly Op[]): boolean {
  if (!chain.some(({ kind }) => kind.startsWith('conv'))) return false;
  const pool = chain.find(({ kind }) => kind.startsWith('max-pool'));
  if (pool !== undefined && elements(pairOf(pool, 'size')) > MOST_POOL_TAPS) return false;
  const ids = chain.map(({ id }) => id);
  const inner = innerBuffers({ buffers: plan.buffers, train: ops }, ids);
  const root = (id: number | undefined): number => rootOf(plan, id ?? -1).id;
  const kept = new Set([root(chain[0]?.inputs[0]), root(chain.at(-1)?.outputs[0])]);
  return chain.slice(0, -1).every(({ kind, outputs, accumulate }) => {
    if (kind === 'conv-weight-gradient') return true;
    return accumulate[0] !== true && (inner.has(root(outputs[0])) || kept.has(root(outputs[0])));
  });
}
