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

  /** @param round number of the design, where a study has several */
  constructor(axes: readonly Axis[], seed: number, count: number, round = 0) {
    this.#axes = axes;
    this.#count = count;
    this.#strata = axes.map(({ index }) =>
      shuffled(count, new Stream(seed, { purpose: PURPOSE.params, ordinal: index, round })),
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

/**
 * Designs of doubling size one after another: the numbers 0 … n − 1, n … 2n − 1, 2n … 4n − 1 and so
 * on are a Latin hypercube each. So any number of points without results is spread out, and a
 * point depends on its number only.
 */
export class LatinHypercubes {
  readonly #designOf: (round: number) => LatinHypercube;
  readonly #designs: LatinHypercube[] = [];
  readonly #first: number;

  constructor(axes: readonly Axis[], seed: number, first: number) {
    this.#first = first;
    this.#designOf = (round) =>
      new LatinHypercube(axes, seed, round === 0 ? first : first * 2 ** (round - 1), round);
  }

  at(number: number, stream: Stream): EncodedParams {
    let round = 0;
    let start = 0;
    while (number >= this.#first * 2 ** round) {
      start = this.#first * 2 ** round;
      round += 1;
    }
    const design = (this.#designs[round] ??= this.#designOf(round));
    return design.at(number - start, stream);
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
