/** Arguments of lowering an op, and texts that several families of ops use. */
import { bufferAt, elements, type Op, type Plan } from '../../../plan/plan.ts';
import type { Value } from '../flow.ts';
import type { Fusion } from '../fusion.ts';
import { parameter, u, type Kernel } from '../kernel.ts';
import type { Places } from '../places.ts';
import type { ChooseTile } from '../tiles.ts';

export interface Lowering {
  readonly plan: Plan;
  readonly places: Places;
  readonly fusion: Fusion;
  readonly tileFor: ChooseTile;
  /** WGSL of the index in the batch of the first sample that the kernel computes. */
  readonly firstSample: string;
  /** True if the op belongs to the training step: evaluation does not augment. */
  readonly training: boolean;
}

/** Kernels of an op, which run one after another; layout [lane][sample][channel][row][column]. */
export type Lower = (op: Op, to: Lowering) => readonly Kernel[];

/** Elements of a buffer, of one sample if it has samples. */
export function sizeOf(plan: Plan, id: number | undefined): number {
  return elements(bufferAt(plan, [id ?? -1], 0).shape);
}

/** Channels of a buffer, and elements of each. */
export function planesOf(plan: Plan, id: number | undefined): { channels: number; plane: number } {
  const [channels = 1, ...rest] = bufferAt(plan, [id ?? -1], 0).shape;
  return { channels, plane: elements(rest) };
}

/** Bits of the lane's value in the op's n-th column. The kernel knows `place`. */
export function columnBits({ plan }: Lowering, op: Op, n: number): string {
  const row = `(at.row * at.count + lanes[place + 2u]) * ${u(plan.hyper.length)}`;
  return `hyper[${row} + ${parameter(op.hyper[n] ?? 0)}]`;
}

export function column(to: Lowering, op: Op, n: number): string {
  return `bitcast<f32>(${columnBits(to, op, n)})`;
}

/** A number as an f32 literal. */
export const f = (value: number): string => `${String(value)}f`;

/**
 * Element `i` of the op's n-th input: from memory, or computed from what it is a function of.
 * @param k channel of the element, where the kernel knows it
 */
export function read(to: Lowering, op: Op, n: number, i: string, k?: string): string {
  const value = to.fusion.flow.input(op, n);
  // A flatten between the two changes which elements are a channel.
  const same = planesOf(to.plan, op.inputs[n]).plane === planesOf(to.plan, value.buffer).plane;
  return readValue(to, value, i, same ? k : undefined);
}

/** Element `i` of a value. */
export function readValue(to: Lowering, value: Value, i: string, k?: string): string {
  if (!to.fusion.isView(value)) return fromMemory(to, value, i);
  const name = viewName(value);
  if (k !== undefined) return `${name}(lane, ${i}, ${k})`;
  return `${name}At(lane, ${i})`;
}

function fromMemory({ places }: Lowering, { buffer }: Value, i: string): string {
  return `${places.access('<', buffer)}${places.at(buffer, i)}`;
}

/** Name of a view's function in the text of a kernel, before kernels are compared. */
export function viewName({ buffer, op }: Value): string {
  return `view${String(buffer)}of${String(op?.id)}`;
}

/** Channel of element `i` of a buffer. */
export function channelOf(plan: Plan, id: number, i: string): string {
  const { channels, plane } = planesOf(plan, id);
  return `(${i}) / ${u(plane)} % ${u(channels)}`;
}
