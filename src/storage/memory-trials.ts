/** Trials of a study of a lab in memory. */
import type { AttemptOutcome, EndedState, StoredTrial } from '../core/scheduling/index.ts';

interface Attempt {
  readonly attemptNumber: number;
  readonly slot: string;
  readonly incarnation: string;
  readonly outcome: AttemptOutcome | null;
}

export type Trial = Omit<StoredTrial, 'attemptNumber' | 'unsettled'> & {
  readonly attempts: readonly Attempt[];
  readonly foreignEnd: { readonly state: EndedState; readonly value: number | null } | null;
};

export function storedTrial({ attempts, ...trial }: Trial): StoredTrial {
  const { number, state, params, origin, historyLength, end, reports } = trial;
  const { crashes, deaths, memoryFailures, laneCap, verdict } = trial;
  const attemptNumber = attempts.reduce(
    (highest, attempt) => Math.max(highest, attempt.attemptNumber),
    0,
  );
  const unsettled = attempts.filter(({ outcome }) => outcome === null);
  const pauses = attempts.filter(({ outcome }) => outcome === 'paused').length;
  const isPaused = attempts.at(-1)?.outcome === 'paused';
  return {
    number,
    state,
    params,
    origin,
    historyLength,
    end,
    attemptNumber,
    crashes,
    deaths,
    memoryFailures,
    laneCap,
    reports,
    ...(verdict === undefined ? {} : { verdict }),
    unsettled,
    ...(pauses === 0 ? {} : { pauses, isPaused }),
  };
}
