/**
 * Latin hypercube sampling (McKay, Beckman & Conover, Technometrics 21, 1979): each parameter's
 * range is divided into as many equal strata as there are points, with one point per stratum. The
 * seed determines how strata are combined.
 */
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromCube } from '../search-space/unit-cube.ts';

export class LatinHypercube {
  readonly #axes: readonly Axis[];
  readonly #count: number;
  /** Stratum of each point, per axis. */
  readonly #strata: readonly Uint32Array[];

  constructor(axes: readonly Axis[], seed: number, count: number) {
    this.#axes = axes;
    this.#count = count;
    this.#strata = axes.map(({ index }) =>
      shuffled(count, new Stream(seed, { purpose: PURPOSE.params, ordinal: index })),
    );
  }

  /**
   * Returns the i-th point, 0 ≤ i < count. Its position within the strata is drawn from the stream.
   */
  at(i: number, stream: Stream): EncodedParams {
    const cube = Float64Array.from(
      this.#strata,
      (strata) => ((strata[i] ?? 0) + stream.uniform53()) / this.#count,
    );
    return fromCube(this.#axes, cube);
  }
}

/** Random permutation of 0 … count − 1 (Durstenfeld 1964). */
function shuffled(count: number, stream: Stream): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = stream.below(last + 1);
    const moved = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
