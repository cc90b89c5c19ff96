/**
 * Parzen estimator over several parameters: a mixture of one component per trial, which is the
 * product of its kernels, and of the prior. The newest 25 trials have weight 1, earlier ones less
 * in proportion to their age.
 *
 * Trials may be added and removed one at a time. The result has the same bits as a new estimator of
 * the same trials.
 */
import { at, defined } from '../../at.ts';
import { exp, log } from '../../elementary.ts';
import type { Stream } from '../../random.ts';
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import type { AxisKernels } from './axis-kernels.ts';
import { CategoricalKernels } from './categorical-kernels.ts';
import { GrowingArray } from './growing-array.ts';
import { NumericKernels } from './numeric-kernels.ts';

/** Number of latest components with full weight. */
const FULL_WEIGHTS = 25;
/** Components that together add less than e^−18.4, 1e-8, to a density are left out of it. */
const NEGLIGIBLE = 18.4;
/** One of this many components is in the sample that decides which others are negligible. */
const SAMPLED = 16;

/** Weight of a component, before division by the sum of all and of the prior's, which is 1. */
export function componentWeight(component: number, count: number): number {
  const ramp = count - FULL_WEIGHTS;
  if (component >= ramp) return 1;
  if (component === 0) return 1 / count;
  return component === ramp - 1 ? 1 : 1 / count + component * ((1 - 1 / count) / (ramp - 1));
}

export class ParzenEstimator {
  readonly kernels: readonly AxisKernels[];
  /** Numbers of the trials, ascending. */
  readonly #numbers = new GrowingArray();
  #weights = new Float64Array(0);
  #weightSum = 1;
  #logs = new Float64Array(0);
  #alive = new Int32Array(0);
  #isSettled = false;

  constructor(axes: readonly Axis[]) {
    // Densities of continuous parameters exclude most components at the least cost.
    const all = axes.map((axis) =>
      axis.kind === 'categorical' ? new CategoricalKernels(axis) : new NumericKernels(axis),
    );
    const rank = ({ axis }: AxisKernels): number =>
      ['continuous', 'categorical', 'ordinal'].indexOf(axis.kind);
    this.kernels = all.sort((a, b) => rank(a) - rank(b) || a.axis.index - b.axis.index);
  }

  /** Number of components without the prior. */
  get count(): number {
    return this.#numbers.length;
  }

  /** Replaces all components. */
  build(trials: readonly { readonly number: number; readonly params: EncodedParams }[]): void {
    this.#numbers.replace(trials.map(({ number }) => number));
    for (const kernels of this.kernels)
      kernels.build(trials.map(({ params }) => at(params, kernels.axis.index)));
    this.#isSettled = false;
  }

  /** Adds a trial that it does not contain. */
  insert(number: number, params: EncodedParams): void {
    const component = this.#placeOf(number);
    this.#numbers.insert(component, number);
    for (const kernels of this.kernels) kernels.insert(component, at(params, kernels.axis.index));
    this.#isSettled = false;
  }

  /** Removes a trial if it contains it. */
  remove(number: number): void {
    const component = this.#placeOf(number);
    if (component === this.count || this.#numbers.get(component) !== number) return;
    this.#numbers.remove(component);
    for (const kernels of this.kernels) kernels.remove(component);
    this.#isSettled = false;
  }

  /** Draws a component by weight and writes its value of every parameter to `params`. */
  draw(stream: Stream, params: EncodedParams): void {
    this.#settle();
    let rest = stream.uniform53() * this.#weightSum;
    let component = 0;
    while (component < this.count && rest >= defined(this.#weights[component])) {
      rest -= defined(this.#weights[component]);
      component += 1;
    }
    for (const kernels of this.kernels)
      params[kernels.axis.index] = kernels.draw(component, stream);
  }

  /**
   * Logarithm of the density at a point, to 1e-8; probabilities of discrete parameters are factors
   * of it.
   */
  logDensity(params: EncodedParams): number {
    const bound = this.logBound(params) + log(this.#weightSum);
    const floor = bound - NEGLIGIBLE - log(this.count + 1);
    return this.#logSum(params, 1, floor) - log(this.#weightSum);
  }

  /** Lower bound of `logDensity`, in a tenth of its time: the share of a sample of components. */
  logBound(params: EncodedParams): number {
    this.#settle();
    const floor = this.#logPrior(params) - NEGLIGIBLE;
    return this.#logSum(params, SAMPLED, floor) - log(this.#weightSum);
  }

  #logPrior(params: EncodedParams): number {
    let sum = 0;
    for (const kernels of this.kernels) sum += kernels.logPrior(at(params, kernels.axis.index));
    return sum;
  }

  /**
   * Logarithm of the weighted sum of the prior and of every `stride`-th component, except those
   * whose density is below e^floor.
   */
  #logSum(params: EncodedParams, stride: number, floor: number): number {
    const prior = this.#logPrior(params);
    const logs = this.#logs;
    const components = this.#alive;
    let peaks = 0;
    for (const kernels of this.kernels) peaks += kernels.peak;
    let alive = 0;
    for (const [place, kernels] of this.kernels.entries()) {
      peaks -= kernels.peak;
      const value = at(params, kernels.axis.index);
      alive =
        place === 0
          ? kernels.begin(value, logs, components, stride, floor - peaks)
          : kernels.accumulate(value, logs, components, alive, floor - peaks);
    }
    let largest = prior;
    for (let i = 0; i < alive; i++)
      largest = Math.max(largest, defined(logs[defined(components[i])]));
    let sum = exp(prior - largest);
    for (let i = 0; i < alive; i++) {
      const component = defined(components[i]);
      sum += defined(this.#weights[component]) * exp(defined(logs[component]) - largest);
    }
    return log(sum) + largest;
  }

  #settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { count } = this;
    if (this.#weights.length < count) {
      const capacity = 2 * count;
      this.#weights = new Float64Array(capacity);
      this.#logs = new Float64Array(capacity);
      this.#alive = new Int32Array(capacity);
    }
    this.#weightSum = 1;
    for (let component = 0; component < count; component++) {
      const weight = componentWeight(component, count);
      this.#weights[component] = weight;
      this.#weightSum += weight;
    }
    for (const kernels of this.kernels) kernels.settle();
  }

  /** Component of a trial; where it would be inserted if it is not there. */
  #placeOf(number: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#numbers.get(middle) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
