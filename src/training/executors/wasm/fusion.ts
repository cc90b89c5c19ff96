/**
 * Determines which ops of a plan's chains run as one kernel: a convolution with its pool and relu;
 * a batch norm with its relu.
 */
import { numberOf, pairOf, rootOf, type Op, type Plan } from '../../plan/plan.ts';
import { LONGEST_SUM } from './kernels/blocks.ts';
import { poolFits } from './kernels/correlate.ts';

export interface Fusion {
  /** Layer of a convolution → following ops that run inside its kernel. */
  readonly forward: ReadonlyMap<string, { readonly pool: Op | undefined; readonly relu: boolean }>;
  /** Layers whose forward op runs inside another op's kernel. */
  readonly absorbed: ReadonlySet<string>;
  /** Layers of pools whose gradient is routed by the winners directly to the convolution. */
  readonly pooled: ReadonlySet<string>;
  /**
   * Layer of a batch norm → relu inside its kernels; the relu's output has the batch norm's memory.
   */
  readonly rectified: ReadonlyMap<string, Op>;
}

export function chooseFusion(plan: Plan): Fusion {
  const forward = new Map<string, { pool: Op | undefined; relu: boolean }>();
  const absorbed = new Set<string>();
  const pooled = new Set<string>();
  const rectified = rectifiedNorms(plan);
  for (const relu of rectified.values()) absorbed.add(relu.layer);
  const backwards = new Set(
    plan.chains.flatMap((chain) =>
      chain
        .map((id) => plan.train[id])
        .flatMap((op) => (op?.kind === 'max-pool-gradient' ? [op.layer] : [])),
    ),
  );
  for (const chain of plan.chains) {
    const [conv, second, third] = chain.map((id) => plan.train[id]);
    if (conv?.kind !== 'conv' || second === undefined || terms(plan, conv) > LONGEST_SUM) continue;
    if (second.kind === 'relu') {
      if (!sharesMemory(plan, conv, second)) continue;
      forward.set(conv.layer, { pool: undefined, relu: true });
      absorbed.add(second.layer);
    } else if (
      second.kind === 'max-pool' &&
      poolIsBlock(plan, conv, second) &&
      backwards.has(second.layer)
    ) {
      const relu = third?.kind === 'relu' && sharesMemory(plan, second, third);
      forward.set(conv.layer, { pool: second, relu });
      absorbed.add(second.layer);
      pooled.add(second.layer);
      if (relu) absorbed.add(third.layer);
    }
  }
  return { forward, absorbed, pooled, rectified };
}

/**
 * Batch norms with a relu, where both directions are chains: the relu's gradient is masked while it
 * is read.
 */
function rectifiedNorms(plan: Plan): Map<string, Op> {
  const found = new Map<string, Op>();
  const pairs = plan.chains.map((chain) => chain.map((id) => plan.train[id]));
  for (const [norm, relu] of pairs) {
    if (norm?.kind !== 'batch-norm' || relu?.kind !== 'relu' || !sharesMemory(plan, norm, relu))
      continue;
    const backwards = pairs.some(
      ([first, second]) =>
        first?.kind === 'relu-gradient' &&
        first.layer === relu.layer &&
        second?.kind === 'batch-norm-gradient' &&
        second.layer === norm.layer,
    );
    if (backwards) found.set(norm.layer, relu);
  }
  return found;
}

function terms(plan: Plan, conv: Op): number {
  const [, channels = 1, rows = 1, columns = 1] = plan.buffers[conv.inputs[1] ?? -1]?.shape ?? [];
  return channels * rows * columns;
}

/** Returns whether the windows do not overlap, have no padding, and fit in registers. */
function poolIsBlock(plan: Plan, conv: Op, pool: Op): boolean {
  const [size, stride, padding] = [
    pairOf(pool, 'size'),
    pairOf(pool, 'stride'),
    pairOf(pool, 'padding'),
  ];
  const apart = stride[0] >= size[0] && stride[1] >= size[1];
  return (
    apart &&
    padding[0] === 0 &&
    padding[1] === 0 &&
    numberOf(conv, 'groups') >= 1 &&
    poolFits(size, terms(plan, conv))
  );
}

function sharesMemory(plan: Plan, first: Op, second: Op): boolean {
  return rootOf(plan, first.outputs[0] ?? -1).id === rootOf(plan, second.outputs[0] ?? -1).id;
}
