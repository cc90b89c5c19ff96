/** Words for the state of a trial, as the window has them. */
import { outcomeText } from '../../core/study/outcome-words.ts';

interface TrialState {
  readonly state: string;
  /** Null: it has not ended. */
  readonly outcome: string | null;
  /** Number of the epoch after which it is paused at a rung; absent: it is not. */
  readonly pausedAfter?: number | undefined;
}

/** Returns e.g. `running`, `paused after epoch 3`, `diverged` or `failed (out of memory)`. */
export function trialStateText({ state, outcome, pausedAfter }: TrialState): string {
  if (pausedAfter !== undefined) return `paused after epoch ${pausedAfter}`;
  if (outcome === null || outcome === 'succeeded' || outcome === state) return state;
  return state === 'complete' ? outcomeText(outcome) : `${state} (${outcomeText(outcome)})`;
}
