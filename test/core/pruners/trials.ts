/** Trials for tests of pruners: columns that are filled report by report. */
import type { PrunedTrials, Pruner } from '../../../src/core/pruners/pruner.ts';
import type { Direction } from '../../../src/core/study/direction.ts';
import type { EndedState } from '../../../src/core/study/row-codes.ts';
import { TrialColumns } from '../../../src/core/study/trial-columns.ts';

const OUTCOMES = { complete: 'succeeded', pruned: 'pruned', failed: 'crashed' } as const;

export class Trials implements PrunedTrials {
  readonly columns: TrialColumns;
  readonly open = new Set<number>();

  constructor(direction: Direction = 'minimize') {
    this.columns = new TrialColumns({}, direction, { kind: 'none' });
  }

  get direction(): Direction {
    return this.columns.direction;
  }

  get reports(): TrialColumns['reports'] {
    return this.columns.reports;
  }

  get ended(): number {
    return this.columns.ended;
  }

  completion(i: number): number {
    return this.columns.completion(i);
  }

  state(number: number): EndedState | null {
    return this.columns.state(number);
  }

  value(number: number): number {
    return this.columns.value(number);
  }

  /** Starts a trial. */
  start(): number {
    const number = this.columns.size;
    const origin = { operator: 'uniform', parents: [], generation: 0 };
    this.columns.proposed(number, Float64Array.of(), 0, origin);
    this.open.add(number);
    return number;
  }

  report(number: number, step: number, value: number): void {
    this.columns.reports.add(number, step, value);
  }

  /** @param value default: that of the last report */
  end(number: number, state: EndedState = 'complete', value?: number): void {
    const last = this.columns.reports.last(number)?.value ?? NaN;
    this.columns.end(number, state, OUTCOMES[state], value ?? last);
    this.open.delete(number);
  }

  /** Adds a complete trial with a report for each value, from step 0 on. */
  complete(...values: number[]): number {
    const number = this.start();
    for (const [step, value] of values.entries()) this.report(number, step, value);
    this.end(number);
    return number;
  }

  /** Reports values from step 0 on and returns the step at which the pruner stops; null: never. */
  stopOf(pruner: Pruner, ...values: number[]): number | null {
    const number = this.start();
    for (const [step, value] of values.entries()) {
      this.report(number, step, value);
      if (pruner.stops(this, number)) return step;
    }
    return null;
  }
}
