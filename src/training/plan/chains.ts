/**
 * Finds runs of ops that an executor may fuse. The executor decides whether to fuse them.
 */
import type { Pausable } from '../../runtime/pausable.ts';
import { rootOf, type Op, type OpKind, type Plan } from './plan.ts';

/** Longest first: the first match at an op is used. */
const PATTERNS: readonly (readonly OpKind[])[] = [
  ['relu-gradient', 'max-pool-gradient', 'conv-weight-gradient', 'conv-input-gradient'],
  ['relu-gradient', 'max-pool-gradient', 'conv-weight-gradient'],
  ['max-pool-gradient', 'conv-weight-gradient', 'conv-input-gradient'],
  ['max-pool-gradient', 'conv-weight-gradient'],
  ['relu-gradient', 'batch-norm-gradient'],
  ['conv', 'max-pool', 'relu'],
  ['conv', 'max-pool'],
  ['conv', 'relu'],
  ['batch-norm', 'relu'],
];

/**
 * @param sameValue buffers that hold another buffer's value in the same memory, so that reading one
 *   is reading the other
 */
export function* findChains(
  ops: readonly Op[],
  sameValue: ReadonlyMap<number, number>,
): Pausable<number[][]> {
  const valueOf = (id: number): number => {
    let value = id;
    for (let of = sameValue.get(value); of !== undefined; of = sameValue.get(value)) value = of;
    return value;
  };
  const readers = readersOf(ops, valueOf);
  const chains: number[][] = [];
  for (let i = 0; i < ops.length;) {
    const pattern = PATTERNS.find(
      (kinds) =>
        kinds.every((kind, k) => ops[i + k]?.kind === kind) &&
        connected(ops.slice(i, i + kinds.length), valueOf, readers),
    );
    if (pattern !== undefined) chains.push(pattern.map((_, k) => i + k));
    i += pattern?.length ?? 1;
    yield;
  }
  return chains;
}

/**
 * Buffers whose readers and writers are all inside one chain: a fused kernel need not store them.
 */
export function innerBuffers(
  plan: Pick<Plan, 'buffers' | 'train'>,
  chain: readonly number[],
): Set<number> {
  const touched = (op: Op): number[] =>
    [...op.inputs, ...op.outputs].map((id) => rootOf(plan, id).id);
  const inside = new Set(plan.train.filter((op) => chain.includes(op.id)).flatMap(touched));
  for (const op of plan.train) {
    if (!chain.includes(op.id)) for (const id of touched(op)) inside.delete(id);
  }
  return new Set([...inside].filter((id) => plan.buffers[id]?.perSample === true));
}

/** Indices of the ops that read each value. */
function readersOf(ops: readonly Op[], valueOf: (id: number) => number): Map<number, Op[]> {
  const readers = new Map<number, Op[]>();
  for (const op of ops) {
    for (const value of new Set(op.inputs.map(valueOf))) {
      const known = readers.get(value);
      if (known === undefined) readers.set(value, [op]);
      else known.push(op);
    }
  }
  return readers;
}

/**
 * Returns whether each op but the first reads an output of an earlier op of the run, and
 * intermediate main outputs have no reader outside.
 */
function connected(
  run: readonly Op[],
  valueOf: (id: number) => number,
  readers: ReadonlyMap<number, readonly Op[]>,
): boolean {
  return run.slice(1).every((op, k) => {
    const earlier = run
      .slice(0, k + 1)
      .flatMap((o) => (o.outputs[0] === undefined ? [] : [valueOf(o.outputs[0])]));
    const link = op.inputs.map(valueOf).find((id) => earlier.includes(id));
    return link !== undefined && (readers.get(link) ?? []).every((reader) => run.includes(reader));
  });
}
