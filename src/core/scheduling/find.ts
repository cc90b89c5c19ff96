/** Finds an attempt by its id. */
import type { Attempt, LabState, Slot } from './state.ts';
import { sameAttempt } from './attempts.ts';
import type { AttemptId, AttemptOutcome, TrialOutcome } from './words.ts';

/** Returns null if the attempt is not live. */
export function findLive(lab: LabState, id: AttemptId): Attempt | null {
  const live = lab.studies.get(id.study)?.open.get(id.number)?.live ?? [];
  return live.find((attempt) => attempt.id.attemptNumber === id.attemptNumber) ?? null;
}

/** Returns an outstanding attempt of the slot, whatever its state. */
export function findOutstanding(slot: Slot, id: AttemptId): Attempt | null {
  for (const cohort of slot.cohorts) {
    for (const attempt of cohort.attempts)
      if (attempt.cohort === cohort && sameAttempt(attempt.id, id)) return attempt;
  }
  return null;
}

/** Record of a settled attempt. */
export interface Settled {
  /** Null: unknown, because it ended long ago or before a restart. */
  readonly outcome: AttemptOutcome | null;
  /** The process it was given to; null: unknown. */
  readonly owner: { readonly slot: string; readonly incarnation: string } | null;
}

/** Returns null if there never was such an attempt. */
export function findSettled(lab: LabState, id: AttemptId): Settled | null {
  const study = lab.studies.get(id.study);
  if (study === undefined || id.attemptNumber < 1) return null;
  const open = study.open.get(id.number);
  if (open !== undefined) {
    const past = open.past.find(({ attemptNumber }) => attemptNumber === id.attemptNumber);
    if (past !== undefined) return { outcome: past.outcome, owner: past };
    return id.attemptNumber <= open.attemptNumber ? { outcome: null, owner: null } : null;
  }
  if (!study.columns.hasEnded(id.number)) return null;
  const last = study.lastAttemptNumber.get(id.number);
  if (id.attemptNumber > last && last < 255) return null;
  const ending = study.columns.outcome(id.number);
  return {
    outcome: Math.min(id.attemptNumber, 255) === last ? attemptOutcome(ending) : null,
    owner: null,
  };
}

/**
 * Returns the outcome of the last attempt of a trial that ended like this; null: the trial's end
 * does not determine it.
 */
function attemptOutcome(ending: TrialOutcome | null): AttemptOutcome | null {
  switch (ending) {
    case 'succeeded':
    case 'diverged':
    case 'pruned':
    case 'crashed':
    case 'outOfMemory':
    case 'timedOut':
      return ending;
    case 'deadly':
    case 'silent':
    case 'cancelled':
    case 'endedElsewhere':
    case null:
      return null;
    default:
      return ending satisfies never;
  }
}
