/**
 * Learning curves that arrive while trials run, by trial, in bounded memory: a curve that grows
 * long is thinned to every second point, and of trials that have ended the oldest are dropped.
 * Curves of long ago are asked for, not held (`curves` of the endpoint table).
 */

export interface Curve {
  /** How many points; the arrays may be longer. */
  readonly length: number;
  readonly steps: Uint32Array;
  readonly values: Float64Array;
}

interface Growing {
  length: number;
  steps: Uint32Array;
  values: Float64Array;
  /** Every how many-th report is kept, once the curve has been thinned. */
  stride: number;
  /** Reports since the last one kept. */
  skipped: number;
}

const SHORTEST = 16;

export class Curves {
  /** Points a curve has at most. */
  readonly #longest: number;
  /** Points of all curves together; running trials may exceed it. */
  readonly #most: number;
  readonly #curves = new Map<number, Growing>();
  #points = 0;

  constructor(longest = 2048, most = 200_000) {
    this.#longest = longest;
    this.#most = most;
  }

  /** @param step from 0; 0 begins the curve afresh */
  add(trial: number, step: number, value: number): void {
    let curve = this.#curves.get(trial);
    if (curve === undefined || step === 0) {
      this.delete(trial);
      curve = {
        length: 0,
        steps: new Uint32Array(SHORTEST),
        values: new Float64Array(SHORTEST),
        stride: 1,
        skipped: 0,
      };
      this.#curves.set(trial, curve);
    }
    const last = curve.length - 1;
    if (last >= 0 && (curve.steps[last] ?? 0) >= step) return;
    curve.skipped += 1;
    // The newest report is always there: it stands in the last place until it is due.
    const place = curve.skipped < curve.stride && last >= 1 ? last : curve.length;
    if (place === curve.length) {
      curve.skipped = 0;
      if (curve.length === this.#longest) this.#thin(curve);
      else if (curve.length === curve.steps.length) grow(curve);
      this.#points += 1;
      curve.length += 1;
    }
    curve.steps[curve.length - 1] = step;
    curve.values[curve.length - 1] = value;
  }

  get(trial: number): Curve | null {
    return this.#curves.get(trial) ?? null;
  }

  delete(trial: number): void {
    this.#points -= this.#curves.get(trial)?.length ?? 0;
    this.#curves.delete(trial);
  }

  clear(): void {
    this.#curves.clear();
    this.#points = 0;
  }

  /** Drops the oldest that may go until the rest is small enough. */
  trim(mayGo: (trial: number) => boolean): void {
    if (this.#points <= this.#most) return;
    for (const trial of [...this.#curves.keys()]) {
      if (this.#points <= this.#most) return;
      if (mayGo(trial)) this.delete(trial);
    }
  }

  /** Trials with a curve, in the order in which their first report arrived. */
  trials(): Iterable<number> {
    return this.#curves.keys();
  }

  #thin(curve: Growing): void {
    const half = curve.length >> 1;
    for (let i = 0; i < half; i++) {
      curve.steps[i] = curve.steps[2 * i] ?? 0;
      curve.values[i] = curve.values[2 * i] ?? NaN;
    }
    this.#points -= curve.length - half;
    curve.length = half;
    curve.stride *= 2;
  }
}

function grow(curve: Growing): void {
  const steps = new Uint32Array(curve.steps.length * 2);
  const values = new Float64Array(curve.values.length * 2);
  steps.set(curve.steps);
  values.set(curve.values);
  curve.steps = steps;
  curve.values = values;
}
