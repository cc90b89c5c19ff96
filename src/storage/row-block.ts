/**
 * Trials of a lab file as typed columns, thousands at a time, because an object for each trial
 * would cost a projection too much. `protocol/window/row-columns.ts` lists the columns.
 */
import type { TrialOutcome } from '../core/scheduling/index.ts';
import { outcomeCodes, trialStates } from '../protocol/window/codes.ts';
import type { RowState } from '../protocol/window/codes.ts';
import { emptyArrays, NOT_ENDED } from '../protocol/window/row-columns.ts';
import type { RowBlock, RowColumn, RowWidths } from '../protocol/window/row-columns.ts';

/** Meanings of the codes of the rows so far, and the executors that trained them. */
export interface RowNames {
  readonly operators: readonly string[];
  readonly slots: readonly string[];
  readonly executors: readonly { readonly label: string; readonly reason: string | null }[];
}

export interface ReadBlock {
  readonly block: RowBlock;
  readonly names: RowNames;
}

/** The columns of a row that its reader computes. */
export interface Row {
  readonly number: number;
  readonly state: RowState;
  readonly outcome: TrialOutcome | null;
  readonly value: number;
  readonly parents: readonly number[];
  readonly operator: string;
  readonly finish: number | null;
  readonly started: number;
  readonly ended: number;
  readonly took: number;
  readonly slot: string | null;
  readonly reports: number;
  readonly params: ArrayLike<number>;
  /** One for each listed objective; ±∞ for the worst. */
  readonly figures: ArrayLike<number>;
}

export class RowBlocks {
  readonly #operators = new Map<string, number>();
  readonly #slots = new Map<string, number>();
  readonly #executors = new Map<string, string | null>();
  readonly #widths: RowWidths;

  constructor(widths: RowWidths) {
    this.#widths = widths;
  }

  get names(): RowNames {
    return {
      operators: [...this.#operators.keys()],
      slots: [...this.#slots.keys()],
      executors: [...this.#executors].map(([label, reason]) => ({ label, reason })),
    };
  }

  trained(label: string, reason: string | null): void {
    if (!this.#executors.has(label)) this.#executors.set(label, reason);
  }

  /** Returns whether a result's JSON names an executor that is known already, or none. */
  isTrained(result: string): boolean {
    if (!result.includes('"executor": ')) return true;
    for (const label of this.#executors.keys())
      if (result.includes(`"executor": ${JSON.stringify(label)}`)) return true;
    return false;
  }

  /** Returns the rows as columns; a column that the reader copies is empty until then. */
  block(rows: readonly Row[]): RowBlock {
    const number = new Uint32Array(rows.length);
    const copied = ({ stored }: RowColumn): boolean => stored !== undefined;
    const arrays = emptyArrays(rows.length, this.#widths, copied);
    const { state, outcome, value, parents, operator, finish } = arrays;
    const { started, ended, took, slot, reports, params, figures } = arrays;
    const { parameters, objectives } = this.#widths;
    for (const [i, row] of rows.entries()) {
      number[i] = row.number;
      state[i] = trialStates.indexOf(row.state);
      outcome[i] = row.outcome === null ? 0 : outcomeCodes.indexOf(row.outcome) + 1;
      value[i] = row.state !== 'failed' && Number.isFinite(row.value) ? row.value : NaN;
      parents[2 * i] = (row.parents[0] ?? -1) + 1;
      parents[2 * i + 1] = (row.parents[1] ?? -1) + 1;
      operator[i] = Math.min(255, codeOf(this.#operators, row.operator));
      finish[i] = row.finish ?? NOT_ENDED;
      started[i] = row.started;
      ended[i] = row.ended;
      took[i] = row.took;
      slot[i] = row.slot === null ? 0 : Math.min(65_534, codeOf(this.#slots, row.slot)) + 1;
      reports[i] = Math.min(65_535, row.reports);
      params.set(row.params, i * parameters);
      if (row.state !== 'failed')
        for (let j = 0; j < objectives; j++) {
          const figure = row.figures[j] ?? NaN;
          figures[i * objectives + j] = Number.isFinite(figure) ? figure : NaN;
        }
    }
    return { number, ...arrays };
  }
}

function codeOf(codes: Map<string, number>, name: string): number {
  let code = codes.get(name);
  if (code === undefined) codes.set(name, (code = codes.size));
  return code;
}
