/** Lets an op write over its input where no later op reads the old value: relu, and the gradients of relu and dropout. */
import type { Draft } from './graph.ts';
import { rootOf, type BufferSpec, type Op } from './plan.ts';

const IN_PLACE = new Set(['relu', 'relu-gradient', 'dropout-gradient']);

export function writeInPlace(buffers: Draft<BufferSpec>[], ops: readonly Op[]): void {
  for (const op of ops) {
    const [input = -1] = op.inputs;
    const output = buffers[op.outputs[0] ?? -1];
    if (!IN_PLACE.has(op.kind) || output === undefined || output.aliasOf !== undefined || op.accumulate[0] === true) continue;
    const root = rootOf({ buffers }, input);
    const readLater = ops.some((other) => other.id > op.id && other.inputs.some((id) => rootOf({ buffers }, id).id === root.id));
    if (root.perLane && !readLater) output.aliasOf = input;
  }
}
