/**
 * Trials of a lab file as typed columns, thousands at a time: for a projection of them, where a
 * record each would cost too much.
 */
import type { TrialOutcome, TrialState } from '../core/scheduling/index.ts';
import { outcomeCodes, trialStates } from '../protocol/window/codes.ts';

/** Codes as in `protocol/window/columns.ts`; parameters row by row. */
export interface RowBlock {
  readonly number: Uint32Array<ArrayBuffer>;
  readonly state: Uint8Array<ArrayBuffer>;
  readonly outcome: Uint8Array<ArrayBuffer>;
  /** NaN: none, failed or diverged. */
  readonly value: Float64Array<ArrayBuffer>;
  readonly generation: Uint32Array<ArrayBuffer>;
  /** Two a row: number + 1; 0: none. */
  readonly parents: Uint32Array<ArrayBuffer>;
  readonly operator: Uint8Array<ArrayBuffer>;
  /** 2³² − 1: not ended. */
  readonly finish: Uint32Array<ArrayBuffer>;
  readonly historyLength: Uint32Array<ArrayBuffer>;
  /** Milliseconds since 1970 of the last attempt; NaN: unknown. */
  readonly started: Float64Array<ArrayBuffer>;
  readonly ended: Float64Array<ArrayBuffer>;
  readonly took: Float32Array<ArrayBuffer>;
  /** Place in the names + 1; 0: none. */
  readonly slot: Uint16Array<ArrayBuffer>;
  readonly reports: Uint16Array<ArrayBuffer>;
  readonly attempts: Uint8Array<ArrayBuffer>;
  readonly params: Float64Array<ArrayBuffer>;
}

/** What the codes of the rows so far stand for, and what trained them. */
export interface RowNames {
  readonly operators: readonly string[];
  readonly slots: readonly string[];
  readonly executors: readonly { readonly label: string; readonly reason: string | null }[];
}

export interface ReadBlock {
  readonly block: RowBlock;
  readonly names: RowNames;
}

export interface Row {
  readonly number: number;
  readonly state: TrialState;
  readonly outcome: TrialOutcome | null;
  readonly value: number;
  readonly generation: number;
  readonly parents: readonly number[];
  readonly operator: string;
  readonly finish: number | null;
  readonly historyLength: number;
  readonly started: number;
  readonly ended: number;
  readonly took: number;
  readonly slot: string | null;
  readonly reports: number;
  readonly attempts: number;
  readonly params: ArrayLike<number>;
}

export class RowBlocks {
  readonly #operators = new Map<string, number>();
  readonly #slots = new Map<string, number>();
  readonly #executors = new Map<string, string | null>();
  readonly #width: number;

  /** @param width how many parameters there are */
  constructor(width: number) {
    this.#width = width;
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

  /** Whether a result's JSON names an executor that is known already, or none. */
  isTrained(result: string): boolean {
    if (!result.includes('"executor": ')) return true;
    for (const label of this.#executors.keys())
      if (result.includes(`"executor": ${JSON.stringify(label)}`)) return true;
    return false;
  }

  block(rows: readonly Row[]): RowBlock {
    const n = rows.length;
    const block: RowBlock = {
      number: new Uint32Array(n),
      state: new Uint8Array(n),
      outcome: new Uint8Array(n),
      value: new Float64Array(n),
      generation: new Uint32Array(n),
      parents: new Uint32Array(2 * n),
      operator: new Uint8Array(n),
      finish: new Uint32Array(n),
      historyLength: new Uint32Array(n),
      started: new Float64Array(n),
      ended: new Float64Array(n),
      took: new Float32Array(n),
      slot: new Uint16Array(n),
      reports: new Uint16Array(n),
      attempts: new Uint8Array(n),
      params: new Float64Array(n * this.#width),
    };
    for (const [i, row] of rows.entries()) this.#set(block, i, row);
    return block;
  }

  #set(block: RowBlock, i: number, row: Row): void {
    block.number[i] = row.number;
    block.state[i] = trialStates.indexOf(row.state);
    block.outcome[i] = row.outcome === null ? 0 : outcomeCodes.indexOf(row.outcome) + 1;
    block.value[i] = row.state !== 'failed' && Number.isFinite(row.value) ? row.value : NaN;
    block.generation[i] = row.generation;
    block.parents[2 * i] = (row.parents[0] ?? -1) + 1;
    block.parents[2 * i + 1] = (row.parents[1] ?? -1) + 1;
    block.operator[i] = Math.min(255, codeOf(this.#operators, row.operator));
    block.finish[i] = row.finish ?? 2 ** 32 - 1;
    block.historyLength[i] = row.historyLength;
    block.started[i] = row.started;
    block.ended[i] = row.ended;
    block.took[i] = row.took;
    block.slot[i] = row.slot === null ? 0 : Math.min(65_534, codeOf(this.#slots, row.slot)) + 1;
    block.reports[i] = Math.min(65_535, row.reports);
    block.attempts[i] = Math.min(255, row.attempts);
    block.params.set(row.params, i * this.#width);
  }
}

function codeOf(codes: Map<string, number>, name: string): number {
  let code = codes.get(name);
  if (code === undefined) codes.set(name, (code = codes.size));
  return code;
}
