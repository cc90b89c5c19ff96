/**
 * Words for the outcomes of trials and attempts, the same in the window and on the command line.
 */
import type { TrialOutcome } from '../scheduling/words.ts';

export const outcomeWords: Readonly<Record<TrialOutcome, string>> = {
  succeeded: 'succeeded',
  diverged: 'diverged',
  pruned: 'pruned',
  crashed: 'crashed',
  outOfMemory: 'out of memory',
  timedOut: 'timed out',
  deadly: 'crashed its worker each time',
  cancelled: 'cancelled',
  endedElsewhere: 'ended by another program',
  silent: 'its worker stopped responding five times: a training step takes too long',
};

/**
 * Returns the words for an outcome; outcomes of attempts that are in no list are their own word.
 */
export function outcomeText(outcome: string): string {
  return new Map(Object.entries(outcomeWords)).get(outcome) ?? outcome;
}
