/**
 * The trials of one study as typed columns in the format of the wire. A row comes from the lab
 * file, from notifications, or from both: notifications received since the reading began take
 * precedence, and fields without a notification are taken from the file.
 */
import { defined } from '../../core/at.ts';
import type { Origin } from '../../core/samplers/sampler.ts';
import type { AttemptResult, TrialOutcome, TrialState } from '../../core/scheduling/index.ts';
import { Column } from '../../core/study/column.ts';
import type { Figures } from '../../core/study/objectives.ts';
import { outcomeCodes, trialStates } from '../../protocol/window/columns.ts';
import type { RowState, TrialBlock } from '../../protocol/window/columns.ts';
import {
  arrayOf,
  emptyArrays,
  metricColumns,
  metricOf,
  rowColumnList,
  widthOf,
} from '../../protocol/window/row-columns.ts';
import type {
  RowArrays,
  RowBlock,
  RowColumnName,
  RowWidths,
} from '../../protocol/window/row-columns.ts';

/** The immutable fields of the trial are known. */
const BORN = 1;
/** Its outcome is known from a notification, newer than any file. */
const LIVE = 2;

export interface Birth {
  readonly params: Float64Array;
  readonly origin: Origin;
  readonly historyLength: number;
}

type RowStore = { readonly [Name in RowColumnName]: Column<RowArrays[Name]> };

function emptyStore(widths: RowWidths): RowStore {
  const columns = rowColumnList.map(([name, column]) => {
    const { kind, empty } = column;
    return [
      name,
      new Column<RowArrays[RowColumnName]>(arrayOf[kind], widthOf(column, widths), empty),
    ];
  });
  // The kinds are the table's.
  return Object.fromEntries(columns) as RowStore;
}

export class TrialRows {
  /** Trials with numbers below this may have a row. */
  size = 0;
  /** Number of trials that have a row. */
  known = 0;
  readonly #widths: RowWidths;
  readonly #has = new Column(arrayOf.u8);
  readonly #columns: RowStore;

  constructor(widths: RowWidths) {
    this.#widths = widths;
    this.#columns = emptyStore(widths);
  }

  get parameters(): number {
    return this.#widths.parameters;
  }

  state(number: number): RowState | null {
    return this.#has.get(number) === 0
      ? null
      : (trialStates[this.#columns.state.get(number)] ?? null);
  }

  reports(number: number): number {
    return this.#columns.reports.get(number);
  }

  attempts(number: number): number {
    return this.#columns.attempts.get(number);
  }

  /** Returns whether its parameters and origin are known. */
  isBorn(number: number): boolean {
    return (this.#has.get(number) & BORN) !== 0;
  }

  born(number: number, { params, origin, historyLength }: Birth, operator: number): void {
    this.#touch(number, BORN);
    this.#columns.generation.set(number, origin.generation);
    for (const place of [0, 1])
      this.#columns.parents.set(number, (origin.parents[place] ?? -1) + 1, place);
    this.#columns.operator.set(number, operator);
    this.#columns.historyLength.set(number, historyLength);
    if (this.parameters > 0) this.#columns.params.setRow(number, params);
  }

  waiting(number: number): void {
    this.#touch(number, LIVE);
    this.#columns.state.set(number, trialStates.indexOf('waiting'));
    this.#columns.value.set(number, NaN);
    this.#columns.reports.set(number, 0);
  }

  /** Sets the number of reports from which the trial goes on. */
  kept(number: number, reports: number): void {
    this.#columns.reports.set(number, Math.min(reports, 65_535));
  }

  /** The trial waits at a rung. */
  paused(number: number): void {
    this.#touch(number, LIVE);
    this.#columns.state.set(number, trialStates.indexOf('paused'));
    this.#columns.value.set(number, NaN);
  }

  started(number: number, attemptNumber: number, slot: number, at: number): void {
    this.#touch(number, LIVE);
    this.#columns.state.set(number, trialStates.indexOf('running'));
    this.#columns.value.set(number, NaN);
    this.#columns.started.set(number, at);
    this.#columns.ended.set(number, NaN);
    this.#columns.took.set(number, NaN);
    for (const [name, { empty }] of metricColumns) this.#columns[name].set(number, empty);
    this.#setFigures(number, undefined);
    this.#columns.slot.set(number, slot);
    this.#columns.reports.set(number, 0);
    this.#columns.attempts.set(number, Math.min(attemptNumber, 255));
  }

  reported(number: number, value: number, reports: number): void {
    this.#touch(number, LIVE);
    this.#columns.state.set(number, trialStates.indexOf('running'));
    this.#columns.value.set(number, value);
    this.#columns.reports.set(number, Math.min(reports, 65_535));
  }

  ended(
    number: number,
    end: {
      readonly state: TrialState;
      readonly outcome: TrialOutcome;
      readonly value: number;
      readonly finish: number;
      readonly at: number;
      /** NaN: unknown. */
      readonly took: number;
      /** The attempt that ended it; null: none. */
      readonly attempt: { readonly attemptNumber: number; readonly slot: number } | null;
      readonly metrics: AttemptResult['metrics'];
      /** Absent: the study lists no objectives, or the trial has no values. */
      readonly figures: Figures | undefined;
    },
  ): void {
    this.#touch(number, LIVE);
    this.#columns.state.set(number, trialStates.indexOf(end.state));
    this.#columns.outcome.set(number, outcomeCodes.indexOf(end.outcome) + 1);
    this.#columns.value.set(
      number,
      end.state === 'failed' || !Number.isFinite(end.value) ? NaN : end.value,
    );
    this.#setFigures(number, end.figures?.values);
    this.#columns.finish.set(number, end.finish);
    this.#columns.ended.set(number, end.at);
    this.#columns.took.set(number, end.took);
    for (const [name, column] of metricColumns)
      this.#columns[name].set(number, metricOf(column, end.metrics));
    if (end.attempt !== null) {
      this.#columns.attempts.set(number, Math.min(end.attempt.attemptNumber, 255));
      this.#columns.slot.set(number, end.attempt.slot);
    }
    // The attempt may have waited behind another one after it was sent.
    if (!Number.isNaN(end.took)) this.#columns.started.set(number, end.at - end.took);
  }

  /**
   * Merges rows of the file below the fields known from notifications.
   * @param operatorOf from the block's codes to those of this projection, likewise `slotOf` (0
   *   stays none)
   * @returns the numbers of changed rows
   */
  merge(block: RowBlock, operatorOf: readonly number[], slotOf: readonly number[]): number[] {
    const changed: number[] = [];
    /** Rows of the block whose columns are taken, by the columns' source. */
    const taken = { proposal: [] as number[], outcome: [] as number[], attempt: [] as number[] };
    for (let i = 0; i < block.number.length; i++) {
      const number = defined(block.number[i]);
      const has = this.#has.get(number);
      if (has === (BORN | LIVE)) continue;
      changed.push(number);
      this.#touch(number, BORN);
      const live = (has & LIVE) !== 0;
      taken.proposal.push(i);
      if (!live) taken.outcome.push(i);
      if (!live || this.#columns.attempts.get(number) === 0) taken.attempt.push(i);
    }
    const recoded: RowArrays = {
      ...block,
      operator: block.operator.map((code) => defined(operatorOf[code])),
      slot: block.slot.map((code) => defined(slotOf[code])),
    };
    for (const [name, { source }] of rowColumnList) {
      const column: Column<RowArrays[RowColumnName]> = this.#columns[name];
      column.scatter(block.number, taken[source], recoded[name]);
    }
    return changed;
  }

  /** Returns their rows in the format of the wire. */
  block(numbers: readonly number[]): TrialBlock {
    const arrays = emptyArrays(numbers.length, this.#widths);
    const columns = rowColumnList.map(([name]) => {
      const column: Column<RowArrays[RowColumnName]> = this.#columns[name];
      column.gather(numbers, arrays[name]);
      return [name, new Uint8Array(arrays[name].buffer)];
    });
    // The names are the table's.
    return {
      number: new Uint8Array(Uint32Array.from(numbers).buffer),
      ...Object.fromEntries(columns),
    } as TrialBlock;
  }

  /** @param values absent: none */
  #setFigures(number: number, values: readonly number[] | undefined): void {
    for (let place = 0; place < this.#widths.objectives; place++) {
      const value = values?.[place] ?? NaN;
      this.#columns.figures.set(number, Number.isFinite(value) ? value : NaN, place);
    }
  }

  #touch(number: number, what: number): void {
    const has = this.#has.get(number);
    if (has === 0) {
      this.known += 1;
      this.size = Math.max(this.size, number + 1);
    }
    this.#has.set(number, has | what);
  }
}
