/**
 * What the codes in columns stand for. No schemas: the window reads these without loading a parser.
 */
import type { TrialOutcome, TrialState } from '../../core/scheduling/words.ts';

/** A state's place is its code. */
export const trialStates: readonly TrialState[] = [
  'waiting',
  'running',
  'complete',
  'pruned',
  'failed',
];
/** An outcome's place + 1 is its code; 0: not ended. */
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
