/**
 * Meaning of the codes in columns. Contains no schemas, so that the window does not load a parser
 * for it.
 */
import type { TrialState } from '../../core/scheduling/words.ts';
import { trialOutcomes } from '../../core/study/row-codes.ts';

/** State of a trial's row: the scheduler's, except that a waiting trial may be paused at a rung. */
export type RowState = TrialState | 'paused';

/** A state's index is its code. */
export const trialStates: readonly RowState[] = [
  'waiting',
  'running',
  'complete',
  'pruned',
  'failed',
  'paused',
];
/** An outcome's index + 1 is its code; 0: not ended. */
export const outcomeCodes = trialOutcomes;

/** States of a slot. */
export const slotStates = [
  'starting',
  'absent',
  'ready',
  'draining',
  'quarantined',
  'probation',
  'drained',
] as const;
