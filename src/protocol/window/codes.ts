/**
 * Meaning of the codes in columns. Contains no schemas, so that the window does not load a parser
 * for it.
 */
import type { TrialState } from '../../core/scheduling/words.ts';
import { trialOutcomes } from '../../core/study/row-codes.ts';

/** A state's index is its code. */
export const trialStates: readonly TrialState[] = [
  'waiting',
  'running',
  'complete',
  'pruned',
  'failed',
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
