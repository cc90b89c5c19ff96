/**
 * Good and bad density of one group of parameters, kept up to date with the history. The bad
 * density contains every trial that is not good, running ones included.
 */
import { at } from '../../at.ts';
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import { ParzenEstimator } from './parzen-estimator.ts';

/** Number of changes from which the bad density is built anew. */
const MOST_CHANGES = 64;

export class Densities {
  readonly good: ParzenEstimator;
  readonly bad: ParzenEstimator;
  /** The group's first parameter; trials that lack it are not in the densities. */
  readonly #first: Axis;
  /** Trials below this number have been considered. */
  #size = 0;
  #goodNumbers: readonly number[] = [];

  /** @param axes parameters of the group, at least one */
  constructor(axes: readonly Axis[]) {
    this.#first = at(axes, 0);
    this.good = new ParzenEstimator(axes);
    this.bad = new ParzenEstimator(axes);
  }

  /**
   * Sets the densities to those of the trials below `size`.
   * @param good numbers of the good trials, ascending
   */
  update(size: number, good: readonly number[], paramsOf: (number: number) => EncodedParams): void {
    const isIn = (params: EncodedParams): boolean => !Number.isNaN(at(params, this.#first.index));
    if (Math.abs(size - this.#size) > MOST_CHANGES) {
      const trials = Array.from({ length: size }, (_, number) => number)
        .filter((number) => !good.includes(number))
        .map((number) => ({ number, params: paramsOf(number) }));
      this.bad.build(trials.filter(({ params }) => isIn(params)));
    } else {
      this.truncate(size);
      for (const number of good) if (number < this.#size) this.bad.remove(number);
      const isBad = (number: number): boolean => !good.includes(number);
      const added = this.#goodNumbers.filter((number) => number < this.#size && isBad(number));
      for (let number = this.#size; number < size; number++) if (isBad(number)) added.push(number);
      for (const number of added) {
        const params = paramsOf(number);
        if (isIn(params)) this.bad.insert(number, params);
      }
    }
    const goodTrials = good.map((number) => ({ number, params: paramsOf(number) }));
    this.good.build(goodTrials.filter(({ params }) => isIn(params)));
    this.#size = size;
    this.#goodNumbers = good;
  }

  /** Removes the trials from a number on. */
  truncate(size: number): void {
    for (let number = size; number < this.#size; number++) this.bad.remove(number);
    this.#size = Math.min(this.#size, size);
  }
}
