/** Converts between a lane's padded weight block and plan order without padding. */
import { blockSize, elements, type Plan } from './plan.ts';

export function parameterCount(plan: Pick<Plan, 'weights'>): number {
  return plan.weights.reduce((sum, w) => sum + elements(w.shape), 0);
}

export function unpad(
  plan: Pick<Plan, 'weights'>,
  block: Float32Array | Float64Array,
): Float32Array {
  const packed = new Float32Array(parameterCount(plan));
  let at = 0;
  for (const { offset, shape } of plan.weights) {
    packed.set(block.subarray(offset, offset + elements(shape)), at);
    at += elements(shape);
  }
  return packed;
}

export function pad(plan: Pick<Plan, 'weights'>, packed: Float32Array): Float32Array {
  const block = new Float32Array(blockSize(plan));
  let at = 0;
  for (const { offset, shape } of plan.weights) {
    block.set(packed.subarray(at, at + elements(shape)), offset);
    at += elements(shape);
  }
  return block;
}
