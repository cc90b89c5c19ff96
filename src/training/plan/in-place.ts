/**
 * Lets results reuse the memory of their inputs where no later op reads the old value. Element-wise
 * ops overwrite their first input; a gradient with the same values as another one (`add-gradient`)
 * shares its memory, and the op is removed.
 *
 * Safety is decided by one rule, checked op by op for all buffers that would share the memory: an
 * op may read a buffer only while the memory holds that buffer's value.
 */
import type { Pausable } from '../../runtime/pausable.ts';
import type { Draft } from './graph.ts';
import { rootOf, type BufferSpec, type Op, type OpKind } from './plan.ts';

/**
 * Ops whose first output depends, element by element, on the same element of their first input (and
 * on other buffers).
 */
const ELEMENT_WISE: ReadonlySet<OpKind> = new Set<OpKind>([
  'relu',
  'leaky-relu',
  'gelu',
  'silu',
  'sigmoid',
  'tanh',
  'dropout',
  'add',
  'relu-gradient',
  'leaky-relu-gradient',
  'gelu-gradient',
  'silu-gradient',
  'sigmoid-gradient',
  'tanh-gradient',
  'dropout-gradient',
  'softmax-cross-entropy',
  'mean-squared-error',
]);

/** Returns whether the op copies values to another buffer. */
function isCopy(op: Op): boolean {
  return op.kind === 'flatten' || (op.kind === 'add-gradient' && op.accumulate[0] !== true);
}

export interface InPlace {
  /** Training ops without the removed copies, renumbered. */
  readonly train: Op[];
  /** Buffer whose value this one holds, where a flatten or a removed copy is in between. */
  readonly sameValue: ReadonlyMap<number, number>;
}

/** Sets `aliasOf` of buffers that can share memory. `train` and `evaluate` both stay correct. */
export function* shareMemory(
  buffers: Draft<BufferSpec>[],
  train: readonly Op[],
  evaluate: readonly Op[],
): Pausable<InPlace> {
  const gone = new Set<Op>();
  const sameValue = new Map<number, number>();
  const touching = opsByBuffer(train);
  const touchingEvaluate = opsByBuffer(evaluate);
  const groups = buffersByRoot(buffers);
  for (const op of train) {
    yield;
    const [input = -1] = op.inputs;
    const [output = -1] = op.outputs;
    const buffer = buffers[output];
    if (op.kind === 'flatten') sameValue.set(output, input);
    if (buffer === undefined || buffer.aliasOf !== undefined) continue;
    if (op.accumulate[0] === true || !(ELEMENT_WISE.has(op.kind) || isCopy(op))) continue;
    const root = rootOf({ buffers }, input);
    if (!root.perLane || !root.perSample || root.role === 'input') continue;
    buffer.aliasOf = input;
    const group = new Set([...(groups.get(root.id) ?? []), ...(groups.get(output) ?? [])]);
    if (!valuesSurvive(touching, group) || !valuesSurvive(touchingEvaluate, group)) {
      delete buffer.aliasOf;
      continue;
    }
    groups.set(root.id, group);
    groups.delete(output);
    if (!isCopy(op)) continue;
    gone.add(op);
    sameValue.set(output, input);
  }
  const left = train.filter((op) => !gone.has(op)).map((op, id) => ({ ...op, id }));
  return { train: left, sameValue };
}

/** Ids of the buffers that share each root's memory, including the root. */
function buffersByRoot(buffers: readonly BufferSpec[]): Map<number, Set<number>> {
  const groups = new Map<number, Set<number>>();
  for (const { id } of buffers) {
    const root = rootOf({ buffers }, id).id;
    const group = groups.get(root);
    if (group === undefined) groups.set(root, new Set([id]));
    else group.add(id);
  }
  return groups;
}

function opsByBuffer(ops: readonly Op[]): Map<number, Op[]> {
  const touching = new Map<number, Op[]>();
  for (const op of ops) {
    for (const id of new Set([...op.inputs, ...op.outputs])) {
      const known = touching.get(id);
      if (known === undefined) touching.set(id, [op]);
      else known.push(op);
    }
  }
  return touching;
}

/**
 * Returns whether every op reads the correct values if all buffers of `group` share one piece of
 * memory.
 */
function valuesSurvive(
  touching: ReadonlyMap<number, readonly Op[]>,
  group: ReadonlySet<number>,
): boolean {
  const ops = [...new Set([...group].flatMap((id) => touching.get(id) ?? []))].sort(
    (a, b) => a.id - b.id,
  );
  const held = new Set<number>();
  for (const op of ops) {
    const read = op.inputs.filter((id) => group.has(id));
    if (read.some((id) => !held.has(id))) return false;
    for (const [k, output] of op.outputs.entries()) {
      if (!group.has(output)) continue;
      if (isCopy(op) && read.length > 0) {
        held.add(output);
        continue;
      }
      const accumulates = op.accumulate[k] === true;
      if (accumulates && !held.has(output)) return false;
      const overwrites =
        k === 0 &&
        !accumulates &&
        ELEMENT_WISE.has(op.kind) &&
        read.length === 1 &&
        read[0] === op.inputs[0];
      if (read.length > 0 && !overwrites) return false;
      held.clear();
      held.add(output);
    }
  }
  return true;
}
