/**
 * Memory of the reference executor: one Float64Array per buffer, [sample][element]. Aliases share
 * their root's array.
 */
import { elements, rootOf, type Plan } from '../../plan/plan.ts';
import type { Key } from '../../../core/random.ts';

/** Inputs of an op besides its buffers. */
export interface OpInputs {
  readonly tensors: Tensors;
  /** Number of valid samples; positions ≥ n hold a copy of position 0. */
  readonly n: number;
  readonly batch: number;
  /** Step of the run, from 0. */
  readonly step: number;
  readonly epoch: number;
  /** false: evaluation, without augmentation. */
  readonly training: boolean;
  readonly key: Key;
  /** Counter word c2 of the lane's random streams. */
  readonly trial: number;
  readonly floats: Float32Array;
  readonly words: Uint32Array;
  readonly x: Uint8Array | Float32Array;
  readonly y: ArrayLike<number>;
  /** Dataset indices of this batch; always `batch` of them. */
  readonly indices: Uint32Array;
}

export class Tensors {
  readonly plan: Plan;
  readonly #arrays: Float64Array[];

  constructor(plan: Plan) {
    this.plan = plan;
    const own = new Map<number, Float64Array>();
    this.#arrays = plan.buffers.map((buffer) => {
      const root = rootOf(plan, buffer.id);
      let array = own.get(root.id);
      if (array === undefined)
        own.set(
          root.id,
          (array = new Float64Array(elements(root.shape) * (root.perSample ? plan.batch : 1))),
        );
      return array;
    });
  }

  /** Returns the whole array of a buffer. */
  at(id: number | undefined): Float64Array {
    const array = this.#arrays[id ?? -1];
    if (array === undefined) throw new RangeError(`the plan has no buffer ${String(id)}`);
    return array;
  }

  shape(id: number | undefined): readonly number[] {
    return this.plan.buffers[id ?? -1]?.shape ?? [];
  }

  size(id: number | undefined): number {
    return elements(this.shape(id));
  }
}
