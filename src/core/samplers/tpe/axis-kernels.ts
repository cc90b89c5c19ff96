/**
 * Kernels of one parameter in a Parzen estimator. The kernels of a trial over all parameters form
 * one component; components are numbered in order of trial number, and the prior has the number
 * `count`.
 */
import type { Stream } from '../../random.ts';
import type { Axis } from '../../search-space/axis.ts';

export interface AxisKernels {
  readonly axis: Axis;
  /** Upper bound of the logarithm of any kernel's density or probability. */
  readonly peak: number;
  /** Replaces all kernels by those of encoded values. */
  build(values: ArrayLike<number>): void;
  insert(component: number, value: number): void;
  remove(component: number): void;
  /** Updates what depends on the number of kernels; called before any density or draw. */
  settle(): void;
  /** Logarithm of the prior's density or probability at an encoded value. */
  logPrior(value: number): number;
  /**
   * Sets `logs` to the logarithm of each kernel's density or probability at an encoded value, for
   * every `stride`-th component, and lists those in `alive` that reach the floor.
   * @returns number of components listed
   */
  begin(
    value: number,
    logs: Float64Array,
    alive: Int32Array,
    stride: number,
    floor: number,
  ): number;
  /**
   * Adds the logarithm of each kernel's density or probability at an encoded value to `logs`, for
   * the components listed in `alive[0 … count − 1]`, and keeps those in `alive` whose sum reaches
   * the floor.
   * @returns number of components kept
   */
  accumulate(
    value: number,
    logs: Float64Array,
    alive: Int32Array,
    count: number,
    floor: number,
  ): number;
  /** Draws an encoded value from a component's kernel. */
  draw(component: number, stream: Stream): number;
}

/**
 * Lists every `stride`-th of `length` components in `alive`, with 0 in `logs`.
 * @returns number of components listed
 */
export function listEvery(
  stride: number,
  length: number,
  logs: Float64Array,
  alive: Int32Array,
): number {
  let listed = 0;
  for (let component = 0; component < length; component += stride) {
    logs[component] = 0;
    alive[listed++] = component;
  }
  return listed;
}
