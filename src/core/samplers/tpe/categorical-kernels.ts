/**
 * Kernels of a categorical parameter: with n components and the prior, each choice has the weight
 * 1 / (n + 1), and the observed choice 1 more.
 */
import { defined } from '../../at.ts';
import { log } from '../../elementary.ts';
import type { Stream } from '../../random.ts';
import type { Axis } from '../../search-space/axis.ts';
import { listEvery } from './axis-kernels.ts';
import type { AxisKernels } from './axis-kernels.ts';
import { GrowingArray } from './growing-array.ts';

export class CategoricalKernels implements AxisKernels {
  readonly axis: Axis;
  readonly peak = 0;
  readonly #observed = new GrowingArray();
  #logHit = 0;
  #logMiss = 0;

  constructor(axis: Axis) {
    this.axis = axis;
  }

  build(values: ArrayLike<number>): void {
    this.#observed.replace(values);
  }

  insert(component: number, value: number): void {
    this.#observed.insert(component, value);
  }

  remove(component: number): void {
    this.#observed.remove(component);
  }

  settle(): void {
    const kernels = this.#observed.length + 1;
    const total = kernels + this.axis.cells;
    this.#logMiss = -log(total);
    this.#logHit = log((kernels + 1) / total);
  }

  logPrior(): number {
    return -log(this.axis.cells);
  }

  begin(
    value: number,
    logs: Float64Array,
    alive: Int32Array,
    stride: number,
    floor: number,
  ): number {
    return this.accumulate(
      value,
      logs,
      alive,
      listEvery(stride, this.#observed.length, logs, alive),
      floor,
    );
  }

  accumulate(
    value: number,
    logs: Float64Array,
    alive: Int32Array,
    count: number,
    floor: number,
  ): number {
    const observed = this.#observed.entries;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const component = defined(alive[i]);
      const sum =
        defined(logs[component]) +
        (defined(observed[component]) === value ? this.#logHit : this.#logMiss);
      if (sum < floor) continue;
      logs[component] = sum;
      alive[kept++] = component;
    }
    return kept;
  }

  draw(component: number, stream: Stream): number {
    const kernels = this.#observed.length + 1;
    const isObserved = stream.uniform53() * (kernels + this.axis.cells) < kernels;
    const any = stream.below(this.axis.cells);
    return isObserved && component < this.#observed.length ? this.#observed.get(component) : any;
  }
}
