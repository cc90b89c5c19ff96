/**
 * Interface of kernels: functions of addresses, so that operands at different places share the code
 * of equal shapes.
 */
import type { Body, Local } from '../instructions.ts';

export interface Kernel {
  /** Identifies the code: kernels with equal keys share one function. */
  readonly key: string;
  /**
   * Number of i32 parameters: byte addresses of the operands, in the order documented by the
   * kernel.
   */
  readonly parameters: number;
  /** Emits the body; the parameters are locals that it may change. */
  readonly emit: (body: Body, parameters: readonly Local[]) => void;
}

/** Builds a key from a name and everything that the code depends on. */
export function keyOf(name: string, shape: object): string {
  return `${name} ${JSON.stringify(shape)}`;
}
