/**
 * Meaning of the codes in columns. Contains no schemas, so that the window does not load a parser
 * for it.
 */
import type { TrialOutcome, TrialState } from '../../core/scheduling/words.ts';

/** A state's index is its code. */
export const trialStates: readonly TrialState[] = [
  'waiting',
  'running',
  'complete',
  'pruned',
  'failed',
];
/** An outcome's index + 1 is its code; 0: not ended. */
export const outcomeCodes: readonly TrialOutcome[] = [
  'succeeded',
  'diverged',
  'pruned',
  'crashed',
  'outOfMemory',
  'timedOut',
  'deadly',
  'cancelled',
  'endedElsewhere',
  'silent',
];

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
