/** What lowering an op needs, and texts that several families of ops use. */
import { bufferAt, elements, type Op, type Plan } from '../../../plan/plan.ts';
import { parameter, u, type Kernel } from '../kernel.ts';
import type { Places } from '../places.ts';
import type { ChooseTile } from '../tiles.ts';

export interface Lowering {
  readonly plan: Plan;
  readonly places: Places;
  readonly tileFor: ChooseTile;
  /** WGSL of the index in the batch of the first sample that the kernel computes. */
  readonly firstSample: string;
  /** Whether the op belongs to the training step: evaluation does not augment. */
  readonly training: boolean;
}

/** Kernels of an op, which run one after another; layout [lane][sample][channel][row][column]. */
export type Lower = (op: Op, to: Lowering) => readonly Kernel[];

/** Elements of a buffer, of one sample if it has samples. */
export function sizeOf(plan: Plan, id: number | undefined): number {
  return elements(bufferAt(plan, [id ?? -1], 0).shape);
}

/** Bits of the lane's value in the op's n-th column. The kernel knows `place`. */
export function columnBits({ plan }: Lowering, op: Op, n: number): string {
  const row = `(at.row * at.count + lanes[place + 2u]) * ${u(plan.hyper.length)}`;
  return `hyper[${row} + ${parameter(op.hyper[n] ?? 0)}]`;
}

export function column(to: Lowering, op: Op, n: number): string {
  return `bitcast<f32>(${columnBits(to, op, n)})`;
}

/** `+=` or `=` for the op's n-th output. */
export function stores(op: Op, n = 0): '=' | '+=' {
  return op.accumulate[n] === true ? '+=' : '=';
}

/** A number as an f32 literal. */
export const f = (value: number): string => `${String(value)}f`;
