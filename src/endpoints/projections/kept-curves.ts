/**
 * Reports of the trials that reported last: running ones and the latest ended ones, bounded. Older
 * curves are read by query. Each client has its own reading, which remembers the position up to
 * which it was sent.
 */
import { at } from '../../core/at.ts';
import type { ReportBlock } from '../../protocol/window/columns.ts';

const MOST_TRIALS = 512;
const MOST_REPORTS = 65_536;

interface Curve {
  readonly steps: number[];
  readonly values: number[];
  /** Identifies the curve; a further attempt of the trial has another id. */
  readonly id: number;
}

export class KeptCurves {
  /** Curves in order of their latest report. */
  readonly #curves = new Map<number, Curve>();
  #reports = 0;
  #nextId = 1;

  /** Number of reports in the trial's curve; 0: not kept. */
  lengthOf(trial: number): number {
    return this.#curves.get(trial)?.steps.length ?? 0;
  }

  get trials(): Iterable<[number, Curve]> {
    return this.#curves;
  }

  /** Begins the curve of a further attempt; reports of the earlier one are dropped. */
  begin(trial: number): void {
    const curve = this.#curves.get(trial);
    if (curve === undefined) return;
    this.#curves.delete(trial);
    this.#reports -= curve.steps.length;
  }

  /** @returns the number of reports in the curve */
  report(trial: number, step: number, value: number): number {
    let curve = this.#curves.get(trial);
    this.#curves.delete(trial);
    curve ??= { steps: [], values: [], id: this.#nextId++ };
    this.#curves.set(trial, curve);
    if (step > (curve.steps.at(-1) ?? -1)) {
      curve.steps.push(step);
      curve.values.push(value);
      this.#reports += 1;
      this.#evict();
    }
    return curve.steps.length;
  }

  /**
   * Inserts reports from the file before those received since. @returns the number of reports in
   * the curve
   */
  prepend(trial: number, steps: readonly number[], values: readonly number[]): number {
    const received = this.#curves.get(trial);
    const first = received?.steps[0] ?? Infinity;
    const before = steps.filter((step) => step < first).length;
    if (before === 0) return received?.steps.length ?? 0;
    const curve = {
      steps: [...steps.slice(0, before), ...(received?.steps ?? [])],
      values: [...values.slice(0, before), ...(received?.values ?? [])],
      id: this.#nextId++,
    };
    this.#curves.set(trial, curve);
    this.#reports += before;
    this.#evict();
    return curve.steps.length;
  }

  #evict(): void {
    for (const [trial, { steps }] of this.#curves) {
      if (
        this.#curves.size <= MOST_TRIALS &&
        (this.#reports <= MOST_REPORTS || this.#curves.size === 1)
      )
        return;
      this.#curves.delete(trial);
      this.#reports -= steps.length;
    }
  }
}

/** Position up to which one client has been sent the curves. */
export class CurveReading {
  readonly #curves: KeptCurves;
  readonly #sent = new Map<number, { id: number; reports: number }>();

  constructor(curves: KeptCurves) {
    this.#curves = curves;
  }

  restart(): void {
    this.#sent.clear();
  }

  /**
   * Returns about `most` reports that the client does not have; a replaced curve is sent from its
   * beginning.
   */
  take(most: number): { readonly block: ReportBlock | null; readonly more: boolean } {
    const trials: number[] = [];
    const steps: number[] = [];
    const values: number[] = [];
    let more = false;
    for (const trial of this.#sent.keys())
      if (this.#curves.lengthOf(trial) === 0) this.#sent.delete(trial);
    for (const [trial, curve] of this.#curves.trials) {
      const sent = this.#sent.get(trial);
      const from = sent?.id === curve.id ? sent.reports : 0;
      if (from === curve.steps.length) continue;
      if (steps.length >= most) {
        more = true;
        break;
      }
      for (let i = from; i < curve.steps.length; i++) {
        trials.push(trial);
        steps.push(at(curve.steps, i));
        values.push(at(curve.values, i));
      }
      this.#sent.set(trial, { id: curve.id, reports: curve.steps.length });
    }
    if (steps.length === 0) return { block: null, more };
    const bytes = (
      column: Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
    ): Uint8Array<ArrayBuffer> => new Uint8Array(column.buffer);
    return {
      block: {
        trial: bytes(Uint32Array.from(trials)),
        step: bytes(Uint32Array.from(steps)),
        value: bytes(Float64Array.from(values)),
      },
      more,
    };
  }
}
