/**
 * clip: scales a lane's gradients so that their joint norm is at most the limit, or clamps each
 * value to ±limit.
 */
import type { Body, Local } from '../instructions.ts';
import { eachVector, sumVectors } from './each-vector.ts';
import { pushLaneSum } from './frame.ts';
import { keyOf, type Kernel } from './kernel.ts';

interface Clip {
  readonly by: 'norm' | 'value';
  /**
   * Weights in plan order: index of the first float (a multiple of 4) and number of floats without
   * padding.
   */
  readonly weights: readonly { readonly first: number; readonly count: number }[];
  /** Byte offset of the gradients in the lane's block. */
  readonly gradient: number;
  /** Byte offset of the limit in the lane's row. */
  readonly column: number;
}

/** Added to the norm to avoid a division by 0, as in PyTorch. */
const SMALLEST_NORM = 1e-6;

/** Parameters (lane, row). */
export function clip(shape: Clip): Kernel {
  return {
    key: keyOf('clip', shape),
    parameters: 2,
    emit(body, [lane = 0, row = 0]) {
      const at = body.local('i32');
      const factor = body.local('v128');
      if (shape.by === 'norm') pushFactor(body, shape, lane, row, at);
      else body.get(row).load('f32', shape.column);
      body.vector('f32x4.splat').set(factor);
      for (const { first, vectors } of contiguous(shape.weights)) {
        pointAt(body, shape, first, lane, at);
        eachVector(body, vectors, [at], 4, (offset) => {
          body.get(at).get(at).load('v128', offset).get(factor);
          if (shape.by === 'norm') body.vector('f32x4.mul');
          else body.vector('f32x4.min').get(factor).vector('f32x4.neg').vector('f32x4.max');
          body.store('v128', offset);
        });
      }
      body.release('i32', at);
      body.release('v128', factor);
    },
  };
}

/** Merges adjacent weights, including their padding. */
function contiguous(weights: Clip['weights']): { first: number; vectors: number }[] {
  const runs: { first: number; vectors: number }[] = [];
  for (const { first, count } of weights) {
    const vectors = Math.ceil(count / 4);
    const last = runs.at(-1);
    if (last !== undefined && last.first + 4 * last.vectors === first) last.vectors += vectors;
    else runs.push({ first, vectors });
  }
  return runs;
}

/**
 * Pushes min(1, limit/(‖g‖₂ + 1e-6)) as f32. Sums g² within each weight first, then over the
 * weights.
 */
function pushFactor(body: Body, shape: Clip, lane: Local, row: Local, at: Local): void {
  const total = body.local('f32');
  const [sum, rest] = body.locals('v128', 2) as [Local, Local];
  body.f32(0).set(total);
  for (const { first, count } of shape.weights) {
    pointAt(body, shape, first, lane, at);
    body.f32x4(0).set(sum);
    sumVectors(body, Math.floor(count / 4), [at], [sum], ([part = 0], offset) => {
      body.get(at).load('v128', offset).set(rest).multiplyAdd(part, rest, rest);
    });
    if (count % 4 > 0) {
      const [a = 0, b = 0, c = 0] = [0, 1, 2].map((i) => (i < count % 4 ? -1 : 0));
      body
        .get(at)
        .load('v128')
        .i32x4(a, b, c, 0)
        .vector('v128.and')
        .set(rest)
        .multiplyAdd(sum, rest, rest);
    }
    pushLaneSum(body, sum);
    body.get(total).plain('f32.add').set(total);
  }
  body.f32(1).get(row).load('f32', shape.column);
  body
    .get(total)
    .plain('f32.sqrt')
    .f32(SMALLEST_NORM)
    .plain('f32.add')
    .plain('f32.div')
    .plain('f32.min');
  body.release('f32', total);
  body.release('v128', sum, rest);
}

function pointAt(body: Body, shape: Clip, first: number, lane: Local, at: Local): void {
  body
    .get(lane)
    .i32(shape.gradient + first * 4)
    .plain('i32.add')
    .set(at);
}
