/**
 * Curves of trials that ended, asked for as they are needed and kept: the best and the selected
 * first, then the latest, a hundred at a time. Beyond 300 the study is shown by its deciles, and
 * only single curves are asked for.
 */
import type { CallOutput } from '../../../protocol/endpoints.ts';
import type { TrialTable } from '../../state/trial-table.ts';

/** Up to how many curves each is a line. */
export const LINES = 300;
const AT_ONCE = 100;

export interface Line {
  readonly trial: number;
  readonly steps: ArrayLike<number>;
  /** Null or NaN: diverged there. */
  readonly values: ArrayLike<number | null>;
  readonly length: number;
}

export type Deciles = CallOutput<'deciles'>;

export interface CurveSource {
  curves(trials: number[]): Promise<CallOutput<'curves'>>;
  deciles(): Promise<Deciles>;
}

export class FinishedCurves {
  /** Null: not asked for, or not needed. */
  deciles: Deciles | null = null;
  readonly #table: TrialTable;
  readonly #source: CurveSource;
  readonly #changed: (error: unknown) => void;
  readonly #held = new Map<number, Line>();
  #asking = false;
  #closed = false;
  #decilesOf = 0;

  /** @param changed something has arrived; with null, or with what went wrong */
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

  /** Asks for what is missing, one call at a time. @param first trials that matter most */
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
      // Those without a curve are not asked for again.
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
    const reports = this.#table.columns.reports[trial] ?? 0;
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
