/**
 * Learning curves of running trials in bounded memory: a long curve is thinned to every second
 * point, and the oldest curves of finished trials are dropped. Older curves are requested from the
 * host (`curves` of the endpoint table).
 */
import { at } from '../../core/at.ts';

export interface Curve {
  /** Number of points; the arrays may be longer. */
  readonly length: number;
  readonly steps: Uint32Array;
  readonly values: Float64Array;
}

interface Growing {
  length: number;
  steps: Uint32Array;
  values: Float64Array;
  /** Every how many-th report is kept, after thinning. */
  stride: number;
  /** Number of reports since the last one kept. */
  skipped: number;
}

const SHORTEST = 16;

export class Curves {
  /** Maximum number of points of a curve. */
  readonly #longest: number;
  /** Maximum number of points of all curves; running trials may exceed it. */
  readonly #most: number;
  readonly #curves = new Map<number, Growing>();
  #points = 0;

  constructor(longest = 2048, most = 200_000) {
    this.#longest = longest;
    this.#most = most;
  }

  /** @param step from 0; 0 restarts the curve */
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
    if (last >= 0 && at(curve.steps, last) >= step) return;
    curve.skipped += 1;
    // The last element holds the latest report until its turn comes.
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

  /** Drops the oldest curves that may be dropped until the limit holds. */
  trim(mayGo: (trial: number) => boolean): void {
    if (this.#points <= this.#most) return;
    for (const trial of [...this.#curves.keys()]) {
      if (this.#points <= this.#most) return;
      if (mayGo(trial)) this.delete(trial);
    }
  }

  /** Trials with a curve, in the order of their first report. */
  trials(): Iterable<number> {
    return this.#curves.keys();
  }

  #thin(curve: Growing): void {
    const half = curve.length >> 1;
    for (let i = 0; i < half; i++) {
      curve.steps[i] = at(curve.steps, 2 * i);
      curve.values[i] = at(curve.values, 2 * i);
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
