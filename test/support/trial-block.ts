/**
 * Encodes rows as a host sends them to a window: the counterpart of
 * `renderer/state/trial-table.ts`.
 */
import { outcomeCodes, trialStates } from '../../src/protocol/window/columns.ts';
import { emptyArrays, NOT_ENDED, rowColumnList } from '../../src/protocol/window/row-columns.ts';
import type { ReportBlock, TrialBlock } from '../../src/protocol/window/columns.ts';

export interface Row {
  readonly number: number;
  readonly state?: (typeof trialStates)[number];
  readonly outcome?: (typeof outcomeCodes)[number] | null;
  readonly value?: number;
  readonly generation?: number;
  readonly parents?: readonly number[];
  readonly operator?: number;
  readonly finish?: number | null;
  readonly historyLength?: number;
  readonly started?: number;
  readonly ended?: number;
  /** Index into the head's `slots`, from 1; 0: none. */
  readonly slot?: number;
  readonly params?: readonly number[];
  readonly figures?: readonly number[];
}

/**
 * Columns that a row does not name are empty.
 * @param width number of parameters of the study
 * @param objectives number of objectives that it lists
 */
export function trialBlock(rows: readonly Row[], width = 0, objectives = 0): TrialBlock {
  const arrays = emptyArrays(rows.length, { parameters: width, objectives });
  for (const [i, row] of rows.entries()) {
    const { state = 'complete', outcome = 'succeeded', finish, parents = [] } = row;
    const { params = [], figures = [] } = row;
    for (const [name, column] of rowColumnList) {
      const number: unknown = Reflect.get(row, name);
      if (column.width === undefined && typeof number === 'number') arrays[name][i] = number;
    }
    arrays.state[i] = trialStates.indexOf(state);
    arrays.outcome[i] = outcome === null ? 0 : 1 + outcomeCodes.indexOf(outcome);
    arrays.finish[i] = finish ?? NOT_ENDED;
    arrays.attempts[i] = 1;
    for (const place of [0, 1]) arrays.parents[2 * i + place] = (parents[place] ?? -1) + 1;
    arrays.params.set(params, i * width);
    arrays.figures.set(figures, i * objectives);
  }
  const number = Uint32Array.from(rows, (row) => row.number);
  const bytes = Object.entries({ number, ...arrays }).map(([name, { buffer }]) => [
    name,
    new Uint8Array(buffer),
  ]);
  return Object.fromEntries(bytes) as TrialBlock;
}

export function reportBlock(
  reports: readonly (readonly [trial: number, step: number, value: number])[],
): ReportBlock {
  const u32 = (place: 0 | 1) =>
    new Uint8Array(Uint32Array.from(reports, (report) => report[place]).buffer);
  return {
    trial: u32(0),
    step: u32(1),
    value: new Uint8Array(Float64Array.from(reports, ([, , value]) => value).buffer),
  };
}
