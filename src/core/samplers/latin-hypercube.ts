/**
 * Points spread so that each parameter's range, cut into as many equal strata as there are points,
 * has one in every stratum (McKay, Beckman & Conover, Technometrics 21, 1979). Strata are matched
 * at random by the seed.
 */
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromCube } from '../search-space/unit-cube.ts';

export class LatinHypercube {
  readonly #axes: readonly Axis[];
  readonly #count: number;
  /** Per axis, the stratum of each point. */
  readonly #strata: readonly Uint32Array[];

  constructor(axes: readonly Axis[], seed: number, count: number) {
    this.#axes = axes;
    this.#count = count;
    this.#strata = axes.map(({ index }) =>
      shuffled(count, new Stream(seed, { purpose: PURPOSE.params, ordinal: index })),
    );
  }

  /** The i-th point, 0 ≤ i < count; where in its strata it lies is drawn from the stream. */
  at(i: number, stream: Stream): EncodedParams {
    const cube = Float64Array.from(
      this.#strata,
      (strata) => ((strata[i] ?? 0) + stream.uniform53()) / this.#count,
    );
    return fromCube(this.#axes, cube);
  }
}

/** 0 … count − 1 in random order (Durstenfeld 1964). */
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
