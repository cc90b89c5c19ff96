/**
 * The plan: one training step and one evaluation step as plain data, without functions, lane
 * values, lane counts, seeds or dataset sizes. It can therefore be sent, hashed, and written by
 * hand in tests.
 */
import type { OpKind } from './op-kinds.ts';

export type { OpKind };

export interface Plan {
  readonly format: 1;
  readonly batch: number;
  readonly input: InputSpec;
  /** Weights in plan order: reading order, weight before bias. */
  readonly weights: readonly WeightSpec[];
  readonly buffers: readonly BufferSpec[];
  readonly hyper: readonly HyperColumn[];
  readonly train: readonly Op[];
  readonly evaluate: readonly Op[];
  /** Op ids of `train` that may run as one kernel; inner buffers have no reader outside. */
  readonly chains: readonly (readonly number[])[];
  /** Buffer of the network's outputs. */
  readonly logits: number;
  /**
   * Optimiser state, each slot as large as the weights: `momentum`; `first`, `second` of Adam;
   * `square`, `momentum` of RMSprop.
   */
  readonly slots: readonly string[];
  /**
   * Running statistics of batch norms in plan order, one per lane, updated by `train` and read by
   * `evaluate`.
   */
  readonly statistics: readonly StatisticSpec[];
}

export interface StatisticSpec {
  /**
   * `<layer>.running_mean` or `<layer>.running_var`; equals the name of its buffer of role
   * `statistic`.
   */
  readonly name: string;
  readonly shape: readonly number[];
  /** Offset in floats within the lane's statistics; a multiple of 4. */
  readonly offset: number;
  /** Initial value of every element: mean 0, variance 1. */
  readonly initial: 0 | 1;
}

export interface InputSpec {
  readonly shape: readonly number[];
  readonly type: 'u8' | 'f32';
  /** Per channel: x = u8·scale + shift. */
  readonly scale: readonly number[];
  readonly shift: readonly number[];
  /** Padding of the random crop; 0: none. */
  readonly crop: number;
  readonly flip: boolean;
}

/** A column of the rows of 32-bit words that hold each lane's values. */
export interface HyperColumn {
  readonly name: string;
  readonly type: 'f32' | 'u32';
  readonly varies: 'epoch' | 'step';
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Offset in floats within the lane's weight block; a multiple of 4. */
  readonly offset: number;
  readonly kind: 'kernel' | 'bias' | 'scale' | 'shift';
  readonly fanIn: number;
  readonly fanOut: number;
  readonly init: 'uniform' | 'normal' | 'zero' | 'one';
  /** Half-width of the uniform distribution, or standard deviation of the normal one. */
  readonly spread: number;
  readonly decay: boolean;
  readonly trainable: boolean;
}

export type BufferRole =
  | 'input'
  | 'label'
  | 'order'
  | 'activation'
  | 'gradient'
  | 'saved'
  | 'weight'
  | 'slot'
  | 'weight-gradient'
  | 'statistic'
  | 'metric';

export interface BufferSpec {
  readonly id: number;
  readonly name: string;
  readonly role: BufferRole;
  readonly perLane: boolean;
  readonly perSample: boolean;
  readonly shape: readonly number[];
  readonly type: 'f32' | 'u8' | 'u32';
  readonly layout: 'image' | 'vector' | 'kernel' | 'flat';
  /**
   * Indices in `train` of the first and last op that access the buffer or an alias of it; −1 if
   * there is none.
   */
  readonly first: number;
  readonly last: number;
  readonly aliasOf?: number;
  /** Offset in the arena, in bytes per sample; only for buffers in the arena. */
  readonly offset?: number;
}

export interface Op {
  /** Index in `train` or `evaluate`. */
  readonly id: number;
  readonly kind: OpKind;
  readonly layer: string;
  /** Buffer ids, in the order documented in the op's file. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Per output: whether to add to the buffer instead of storing. */
  readonly accumulate: readonly boolean[];
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>;
  /** Indices of the columns of `hyper` that the op reads. */
  readonly hyper: readonly number[];
}

/** Returns the buffer whose memory this one uses. */
export function rootOf(plan: Pick<Plan, 'buffers'>, id: number): BufferSpec {
  // Chains of aliases can be as long as the network is deep.
  for (let at = id; ;) {
    const buffer = plan.buffers[at];
    if (buffer === undefined) throw new RangeError(`the plan has no buffer ${String(at)}`);
    if (buffer.aliasOf === undefined) return buffer;
    at = buffer.aliasOf;
  }
}

/** Returns a numeric attribute. */
export function numberOf(op: Op, name: string): number {
  const value = op.attributes[name];
  if (typeof value !== 'number')
    throw new TypeError(
      `${op.layer} ${op.kind}: attribute ${name} should be a number, found ${JSON.stringify(value)}`,
    );
  return value;
}

/** Returns an attribute that is a pair of numbers. */
export function pairOf(op: Op, name: string): readonly [number, number] {
  const value = op.attributes[name];
  const [a, b] = Array.isArray(value) ? (value as readonly number[]) : [];
  if (a === undefined || b === undefined)
    throw new TypeError(
      `${op.layer} ${op.kind}: attribute ${name} should be a pair, found ${JSON.stringify(value)}`,
    );
  return [a, b];
}

/** Returns the n-th buffer of a list of ids. */
export function bufferAt(
  plan: Pick<Plan, 'buffers'>,
  ids: readonly number[],
  n: number,
): BufferSpec {
  const buffer = plan.buffers[ids[n] ?? -1];
  if (buffer === undefined) throw new RangeError(`an op lacks its buffer ${String(n)}`);
  return buffer;
}

/** Floats of a lane's weight block; the size of each weight is rounded up to a multiple of 4. */
export function blockSize(plan: Pick<Plan, 'weights'>): number {
  return plan.weights.reduce((sum, w) => sum + 4 * Math.ceil(elements(w.shape) / 4), 0);
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
