/**
 * Lists of end states and outcomes. The index of an entry is its code in a row's bytes, which exist
 * in memory and between a process and its windows only.
 */
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
  'silent',
];

export type { EndedState, TrialOutcome };

/** Verdicts of audits: another node found the same value of an ended trial, or another one. */
export const auditVerdicts = ['same', 'differs'] as const;
export type AuditVerdict = (typeof auditVerdicts)[number];
