/** Rows as a host sends them to a window: the encoding twin of `renderer/state/trial-table.ts`. */
import { outcomeCodes, trialStates } from '../../src/protocol/window/columns.ts';
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
  /** As the head's `slots` name it, from 1; 0: none. */
  readonly slot?: number;
  readonly params?: readonly number[];
}

type Numbers = ArrayBufferView<ArrayBuffer>;

/** @param width parameters of the study */
export function trialBlock(rows: readonly Row[], width = 0): TrialBlock {
  const column = (of: (row: Row) => readonly number[], make: (numbers: number[]) => Numbers) => {
    const { buffer, byteOffset, byteLength } = make(rows.flatMap((row) => [...of(row)]));
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  const u8 = (numbers: number[]): Numbers => Uint8Array.from(numbers);
  const u16 = (numbers: number[]): Numbers => Uint16Array.from(numbers);
  const u32 = (numbers: number[]): Numbers => Uint32Array.from(numbers);
  const f64 = (numbers: number[]): Numbers => Float64Array.from(numbers);
  return {
    number: column((row) => [row.number], u32),
    state: column((row) => [trialStates.indexOf(row.state ?? 'complete')], u8),
    outcome: column(
      (row) => [row.outcome === null ? 0 : 1 + outcomeCodes.indexOf(row.outcome ?? 'succeeded')],
      u8,
    ),
    value: column((row) => [row.value ?? NaN], f64),
    generation: column((row) => [row.generation ?? 0], u32),
    parents: column((row) => [0, 1].map((place) => (row.parents?.[place] ?? -1) + 1), u32),
    operator: column((row) => [row.operator ?? 0], u8),
    finish: column((row) => [row.finish ?? 2 ** 32 - 1], u32),
    historyLength: column((row) => [row.historyLength ?? 0], u32),
    started: column((row) => [row.started ?? NaN], f64),
    ended: column((row) => [row.ended ?? NaN], f64),
    took: column(
      () => [NaN],
      (numbers) => Float32Array.from(numbers),
    ),
    slot: column((row) => [row.slot ?? 0], u16),
    reports: column(() => [0], u16),
    attempts: column(() => [1], u8),
    params: column(
      (row) => Array.from({ length: width }, (_, place) => row.params?.[place] ?? NaN),
      f64,
    ),
  };
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
