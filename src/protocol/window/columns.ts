/**
 * Trials and reports on the wire to a window: columns as little-endian bytes, so that 100,000
 * trials need no objects. The window merges rows by trial number: a later row replaces an earlier
 * one. `codes.ts` lists the meaning of codes.
 */
import { z } from 'zod';
import { strict } from '../problems.ts';

const bytes = z.instanceof(Uint8Array);

export { outcomeCodes, trialStates } from './codes.ts';

/** `n` rows; each column has length `n` unless noted. */
export const trialBlock = strict({
  /** Uint32. */
  number: bytes,
  /** Uint8: place in `trialStates`. */
  state: bytes,
  /** Uint8: place in `outcomeCodes` + 1; 0: none yet. */
  outcome: bytes,
  /**
   * Float64: what it is worth; of a running trial its last report; NaN: none, failed or diverged.
   */
  value: bytes,
  /** Uint32. */
  generation: bytes,
  /** Uint32, 2 a row: parent's number + 1; 0: none. */
  parents: bytes,
  /** Uint8: place in the study's `operators`. */
  operator: bytes,
  /** Uint32: how many ended before it; 2³² − 1: not ended. */
  finish: bytes,
  /** Uint32: how many had ended among what its sampler was shown when it was born; 0: unknown. */
  historyLength: bytes,
  /** Float64: milliseconds since 1970 when its last attempt began; NaN: unknown or not begun. */
  started: bytes,
  /** Float64: likewise when it ended. */
  ended: bytes,
  /** Float32: milliseconds its last attempt took; NaN: unknown. */
  took: bytes,
  /** Uint16: place in the study's `slots` + 1; 0: none. */
  slot: bytes,
  /** Uint16: reports of the last attempt. */
  reports: bytes,
  /** Uint8, 255 standing for more. */
  attempts: bytes,
  /**
   * Float64, one a parameter and row, row by row, encoded as in `core/search-space`: of a
   * categorical the choice's place; NaN: not used.
   */
  params: bytes,
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
