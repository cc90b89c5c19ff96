/**
 * Kernels of a numeric parameter: normal distributions truncated to the parameter's range, on a
 * logarithmic scale where the parameter is logarithmic. An int or a stepped float has the
 * probability of its cell. A kernel's σ is the larger distance to the neighbouring observations,
 * between 1/100 of the range (more for few observations) and the range.
 */
import { at, defined } from '../../at.ts';
import { exp, log, normalQuantile } from '../../elementary.ts';
import type { Stream } from '../../random.ts';
import { cellOfValue, valueOfCell } from '../../search-space/axis.ts';
import type { Axis } from '../../search-space/axis.ts';
import { listEvery } from './axis-kernels.ts';
import type { AxisKernels } from './axis-kernels.ts';
import { logGaussianMass, normalDistribution } from './gaussian-mass.ts';
import { GrowingArray } from './growing-array.ts';

const HALF_LOG_TWO_PI = 0.9189385332046727;
/** Upper bound of −ln of the mass inside the range: a kernel has its mean inside and σ ≤ range. */
const LARGEST_LOG_TRUNCATION = 1.0752;
/** Number of cells up to which the probabilities of kernels with the smallest σ are tabulated. */
const LARGEST_TABLE = 256;

export class NumericKernels implements AxisKernels {
  readonly axis: Axis;
  /** Range of coordinates; includes half a step at both ends of a discrete parameter. */
  readonly #low: number;
  readonly #high: number;
  readonly #halfStep: number;
  readonly #means = new GrowingArray();
  /** Cells of the means, of a discrete parameter. */
  readonly #cells = new GrowingArray();
  /** Larger distance to a neighbour. */
  readonly #gaps = new GrowingArray();
  readonly #inverseSigmas = new GrowingArray();
  /** −ln(σ·√2π) for a continuous parameter, minus the logarithm of the mass inside the range. */
  readonly #logNorms = new GrowingArray();
  /** Components in order of mean, then number. */
  readonly #order = new GrowingArray();
  #smallestSigma = 0;
  #tables: Float64Array[] = [];

  constructor(axis: Axis) {
    this.axis = axis;
    this.#halfStep = axis.kind === 'continuous' ? 0 : (0.5 * axis.stride) / axis.divisor;
    this.#low = this.#scaled(axis.low - this.#halfStep);
    this.#high = this.#scaled(axis.high + this.#halfStep);
  }

  get #isDiscrete(): boolean {
    return this.axis.kind !== 'continuous';
  }

  get peak(): number {
    if (this.#isDiscrete) return 0;
    return -log(this.#smallestSigma) - HALF_LOG_TWO_PI + LARGEST_LOG_TRUNCATION;
  }

  /** Standard deviations of the components' kernels. */
  get sigmas(): readonly number[] {
    return Array.from({ length: this.#gaps.length }, (_, component) => this.#sigma(component));
  }

  build(values: ArrayLike<number>): void {
    const means = Float64Array.from(values, (value) => this.#scaled(value));
    this.#means.replace(means);
    if (this.#isDiscrete)
      this.#cells.replace(Float64Array.from(values, (value) => cellOfValue(this.axis, value)));
    for (const array of [this.#gaps, this.#inverseSigmas, this.#logNorms]) array.replace(means);
    this.#order.replace(
      [...means.keys()].sort((a, b) => Math.sign(at(means, a) - at(means, b)) || a - b),
    );
    for (let place = 0; place < means.length; place++) this.#measure(place);
    this.#smallestSigma = 0;
  }

  insert(component: number, value: number): void {
    const order = this.#order;
    if (component < order.length) {
      for (let i = 0; i < order.length; i++)
        if (order.get(i) >= component) order.entries[i] = order.get(i) + 1;
    }
    const mean = this.#scaled(value);
    this.#means.insert(component, mean);
    if (this.#isDiscrete) this.#cells.insert(component, cellOfValue(this.axis, value));
    for (const array of [this.#gaps, this.#inverseSigmas, this.#logNorms])
      array.insert(component, 0);
    const place = this.#placeOf(mean, component);
    order.insert(place, component);
    for (let near = place - 1; near <= place + 1; near++) this.#remeasure(near);
  }

  remove(component: number): void {
    const order = this.#order;
    const place = this.#placeOf(this.#means.get(component), component);
    order.remove(place);
    for (let i = 0; i < order.length; i++)
      if (order.get(i) > component) order.entries[i] = order.get(i) - 1;
    for (const array of [this.#means, this.#gaps, this.#inverseSigmas, this.#logNorms])
      array.remove(component);
    if (this.#isDiscrete) this.#cells.remove(component);
    for (let near = place - 1; near <= place; near++) this.#remeasure(near);
  }

  settle(): void {
    const smallest = (this.#high - this.#low) / Math.min(100, this.#means.length + 2);
    if (smallest === this.#smallestSigma) return;
    this.#smallestSigma = smallest;
    this.#tables = [];
    for (let component = 0; component < this.#means.length; component++) this.#scale(component);
  }

  logPrior(value: number): number {
    const middle = 0.5 * (this.#low + this.#high);
    const sigma = this.#high - this.#low;
    const logTruncation = logGaussianMass(-0.5, 0.5);
    if (this.#isDiscrete) return this.#logMassOfCell(value, middle, 1 / sigma) - logTruncation;
    const z = (this.#scaled(value) - middle) / sigma;
    return -0.5 * z * z - log(sigma) - HALF_LOG_TWO_PI - logTruncation;
  }

  begin(
    value: number,
    logs: Float64Array,
    alive: Int32Array,
    stride: number,
    floor: number,
  ): number {
    const count = this.#means.length;
    if (this.#isDiscrete)
      return this.#accumulateCells(
        value,
        logs,
        alive,
        listEvery(stride, count, logs, alive),
        floor,
      );
    const x = this.#scaled(value);
    const means = this.#means.entries;
    const inverseSigmas = this.#inverseSigmas.entries;
    const logNorms = this.#logNorms.entries;
    let kept = 0;
    for (let component = 0; component < count; component += stride) {
      const z = (x - defined(means[component])) * defined(inverseSigmas[component]);
      const sum = defined(logNorms[component]) - 0.5 * z * z;
      if (sum < floor) continue;
      logs[component] = sum;
      alive[kept++] = component;
    }
    return kept;
  }

  accumulate(
    value: number,
    logs: Float64Array,
    alive: Int32Array,
    count: number,
    floor: number,
  ): number {
    return this.#isDiscrete
      ? this.#accumulateCells(value, logs, alive, count, floor)
      : this.#accumulateDensities(this.#scaled(value), logs, alive, count, floor);
  }

  draw(component: number, stream: Stream): number {
    const isPrior = component === this.#means.length;
    const mean = isPrior ? 0.5 * (this.#low + this.#high) : this.#means.get(component);
    const sigma = isPrior ? this.#high - this.#low : this.#sigma(component);
    const below = normalDistribution((this.#low - mean) / sigma);
    const above = normalDistribution((mean - this.#high) / sigma);
    const p = below + stream.uniform53() * (1 - below - above);
    const z = normalQuantile(Math.max(1e-300, Math.min(1 - 2 ** -53, p)));
    const coordinate = Math.max(this.#low, Math.min(this.#high, mean + sigma * z));
    const value = this.axis.log ? exp(coordinate) : coordinate;
    if (this.axis.kind === 'continuous')
      return Math.max(this.axis.low, Math.min(this.axis.high, value));
    return valueOfCell(this.axis, cellOfValue(this.axis, value));
  }

  #accumulateDensities(
    x: number,
    logs: Float64Array,
    alive: Int32Array,
    count: number,
    floor: number,
  ): number {
    const means = this.#means.entries;
    const inverseSigmas = this.#inverseSigmas.entries;
    const logNorms = this.#logNorms.entries;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const component = defined(alive[i]);
      const z = (x - defined(means[component])) * defined(inverseSigmas[component]);
      const sum = defined(logs[component]) + (defined(logNorms[component]) - 0.5 * z * z);
      if (sum < floor) continue;
      logs[component] = sum;
      alive[kept++] = component;
    }
    return kept;
  }

  #accumulateCells(
    value: number,
    logs: Float64Array,
    alive: Int32Array,
    count: number,
    floor: number,
  ): number {
    const x = this.#scaled(value);
    const left = this.#scaled(value - this.#halfStep);
    const right = this.#scaled(value + this.#halfStep);
    const table = this.#tableOf(value);
    const smallest = 1 / this.#smallestSigma;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const component = defined(alive[i]);
      const mean = this.#means.get(component);
      const inverse = this.#inverseSigmas.get(component);
      const start = defined(logs[component]) + this.#logNorms.get(component);
      // The nearest edge of the cell bounds its probability from above.
      const distance = inverse * (mean < x ? Math.max(0, left - mean) : Math.max(0, mean - right));
      if (start - 0.5 * distance * distance < floor) continue;
      const cell = this.#cells.get(component);
      let mass = table !== null && inverse === smallest ? defined(table[cell]) : NaN;
      if (Number.isNaN(mass)) {
        mass = this.#logMassOfCell(value, mean, inverse);
        if (table !== null && inverse === smallest) table[cell] = mass;
      }
      const sum = start + mass;
      if (sum < floor) continue;
      logs[component] = sum;
      alive[kept++] = component;
    }
    return kept;
  }

  /**
   * Table of the logarithm of the probability of a value's cell under kernels of smallest σ, by the
   * cell of their mean; NaN where it is not yet known. Null for a parameter with many cells.
   */
  #tableOf(value: number): Float64Array | null {
    const { cells } = this.axis;
    if (cells > LARGEST_TABLE) return null;
    return (this.#tables[cellOfValue(this.axis, value)] ??= new Float64Array(cells).fill(NaN));
  }

  #logMassOfCell(value: number, mean: number, inverseSigma: number): number {
    return logGaussianMass(
      (this.#scaled(value - this.#halfStep) - mean) * inverseSigma,
      (this.#scaled(value + this.#halfStep) - mean) * inverseSigma,
    );
  }

  #scaled(value: number): number {
    return this.axis.log ? log(value) : value;
  }

  #sigma(component: number): number {
    return Math.max(
      this.#smallestSigma,
      Math.min(this.#high - this.#low, this.#gaps.get(component)),
    );
  }

  /** Position in order of a component; where it would be inserted if it is not there. */
  #placeOf(mean: number, component: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#order.get(middle);
      const otherMean = this.#means.get(other);
      if (otherMean < mean || (otherMean === mean && other < component)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #remeasure(place: number): void {
    if (place < 0 || place >= this.#order.length) return;
    this.#measure(place);
    if (this.#smallestSigma > 0) this.#scale(this.#order.get(place));
  }

  /** Computes the distance to the neighbours of the component at a position in order. */
  #measure(place: number): void {
    const last = this.#order.length - 1;
    const component = this.#order.get(place);
    const mean = this.#means.get(component);
    // The bounds count as neighbours only of a single observation.
    const left =
      place > 0 ? mean - this.#meanAt(place - 1) : last === 0 ? mean - this.#low : -Infinity;
    const right =
      place < last ? this.#meanAt(place + 1) - mean : last === 0 ? this.#high - mean : -Infinity;
    this.#gaps.entries[component] = Math.max(left, right);
  }

  #meanAt(place: number): number {
    return this.#means.get(this.#order.get(place));
  }

  #scale(component: number): void {
    const mean = this.#means.get(component);
    const sigma = this.#sigma(component);
    const inverse = 1 / sigma;
    const logMass = logGaussianMass((this.#low - mean) * inverse, (this.#high - mean) * inverse);
    this.#inverseSigmas.entries[component] = inverse;
    this.#logNorms.entries[component] = this.#isDiscrete
      ? -logMass
      : -log(sigma) - HALF_LOG_TWO_PI - logMass;
  }
}
