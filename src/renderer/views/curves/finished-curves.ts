/**
 * Requests and caches the curves of finished trials: the best and the selected first, then the
 * latest, a hundred at a time. Beyond 300 curves the study is shown as deciles, and only individual
 * curves are requested.
 */
import { at } from '../../../core/at.ts';
import type { CallOutput } from '../../../protocol/endpoints.ts';
import type { TrialTable } from '../../state/trial-table.ts';

/** Maximum number of curves that are drawn individually. */
export const LINES = 300;
const AT_ONCE = 100;

export interface Line {
  readonly trial: number;
  readonly steps: ArrayLike<number>;
  /** Null or NaN where the trial diverged. */
  readonly values: ArrayLike<number | null>;
  readonly length: number;
}

export type Deciles = CallOutput<'deciles'>;

export interface CurveSource {
  curves(trials: number[]): Promise<CallOutput<'curves'>>;
  deciles(): Promise<Deciles>;
}

export class FinishedCurves {
  /** Null when not requested, or not needed. */
  deciles: Deciles | null = null;
  readonly #table: TrialTable;
  readonly #source: CurveSource;
  readonly #changed: (error: unknown) => void;
  readonly #held = new Map<number, Line>();
  #asking = false;
  #closed = false;
  #decilesOf = 0;

  /**
   * @param changed called when curves have arrived, with null, or when a request failed, with the
   * error
   */
  constructor(table: TrialTable, source: CurveSource, changed: (error: unknown) => void) {
    this.#table = table;
    this.#source = source;
    this.#changed = changed;
  }

  close(): void {
    this.#closed = true;
  }

  clear(): void {
    this.#held.clear();
    this.deciles = null;
    this.#decilesOf = 0;
  }

  get(trial: number): Line | null {
    const live = this.#table.curve(trial);
    const held = this.#held.get(trial);
    if (held !== undefined && (live === null || live.length <= held.length)) return held;
    return live === null
      ? null
      : { trial, steps: live.steps, values: live.values, length: live.length };
  }

  /**
   * Requests the missing curves, one call at a time.
   * @param first the most important trials
   */
  want(first: readonly number[]): void {
    if (this.#asking || this.#closed) return;
    const ended = this.#table.ended;
    if (ended > LINES && ended > this.#decilesOf * 1.1) {
      this.#decilesOf = ended;
      this.#ask(async () => {
        this.deciles = await this.#source.deciles();
      });
      return;
    }
    const missing = this.#missing(first, ended);
    if (missing.length === 0) return;
    this.#ask(async () => {
      for (const { trial, steps, values } of await this.#source.curves(missing))
        this.#held.set(trial, { trial, steps, values, length: values.length });
      // Trials without a curve are not requested again.
      for (const trial of missing)
        if (!this.#held.has(trial))
          this.#held.set(trial, { trial, steps: [], values: [], length: 0 });
    });
  }

  #missing(first: readonly number[], ended: number): number[] {
    const missing = first.filter((trial) => this.#lacks(trial));
    if (ended > LINES) return missing.slice(0, AT_ONCE);
    for (let number = this.#table.size - 1; number >= 0 && missing.length < AT_ONCE; number--) {
      if (this.#lacks(number) && !missing.includes(number)) missing.push(number);
    }
    return missing.slice(0, AT_ONCE);
  }

  #lacks(trial: number): boolean {
    if (!this.#table.has(trial) || this.#table.isOpen(trial) || this.#held.has(trial)) return false;
    const reports = at(this.#table.columns.reports, trial);
    const live = this.#table.curve(trial);
    return reports > 0 && (live === null || live.length < reports);
  }

  #ask(call: () => Promise<void>): void {
    this.#asking = true;
    call().then(
      () => {
        this.#asking = false;
        if (!this.#closed) this.#changed(null);
      },
      (error: unknown) => {
        this.#asking = false;
        if (!this.#closed) this.#changed(error);
      },
    );
  }
}
