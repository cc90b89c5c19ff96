/** Rungs at which trials pause. */
import type { OpenTrial } from './state.ts';

/** Returns the epochs after which the trial pauses next; null: it trains to its end. */
export function nextPause({ study, checkpoint }: OpenTrial): number | null {
  return study.pruning?.pruner.promotion?.next(checkpoint) ?? null;
}
