/**
 * Trials and reports on the wire to a window: columns as little-endian bytes, so that 100,000
 * trials need no objects. The window merges rows by trial number: a later row replaces an earlier
 * one. `codes.ts` lists the meaning of codes.
 */
import { z } from 'zod';
import { strict } from '../problems.ts';
import { rowColumnList } from './row-columns.ts';
import type { RowColumnName } from './row-columns.ts';

const bytes = z.instanceof(Uint8Array);

export { outcomeCodes, trialStates } from './codes.ts';
export type { RowState } from './codes.ts';

/** Rows of the trials `number` (Uint32): the columns of `row-columns.ts` as bytes. */
export const trialBlock = strict({
  number: bytes,
  // Object.fromEntries loses the names, which are the table's.
  ...(Object.fromEntries(rowColumnList.map(([name]) => [name, bytes])) as Record<
    RowColumnName,
    typeof bytes
  >),
});
export type TrialBlock = z.output<typeof trialBlock>;

/** Reports that are new to the window, oldest first; `n` long each. */
export const reportBlock = strict({
  /** Uint32. */
  trial: bytes,
  /** Uint32: from 0; of training the epoch. 0 begins a trial's curve afresh. */
  step: bytes,
  /** Float64. */
  value: bytes,
});
export type ReportBlock = z.output<typeof reportBlock>;
