/** The words behind a row's state and outcome bytes: a word's code is its place here. Kept in memory only. */
import type { EndedState, TrialOutcome } from '../scheduling/words.ts';

export const endedStates: readonly EndedState[] = ['complete', 'pruned', 'failed'];

export const trialOutcomes: readonly TrialOutcome[] = [
  'succeeded',
  'diverged',
  'pruned',
  'crashed',
  'outOfMemory',
  'timedOut',
  'deadly',
  'cancelled',
  'endedElsewhere',
];

export type { EndedState, TrialOutcome };
