/**
 * What a kernel is: a function of addresses, so that equal shapes share its code wherever their
 * operands lie.
 */
import type { Body, Local } from '../instructions.ts';

export interface Kernel {
  /** Says everything its code depends on: equal keys, one function. */
  readonly key: string;
  /**
   * How many i32 parameters it takes: byte addresses of its operands, in the order its file states.
   */
  readonly parameters: number;
  /** Writes the body; the parameters are locals that it may move. */
  readonly emit: (body: Body, parameters: readonly Local[]) => void;
}

/** A key from a name and whatever the code depends on. */
export function keyOf(name: string, shape: object): string {
  return `${name} ${JSON.stringify(shape)}`;
}
