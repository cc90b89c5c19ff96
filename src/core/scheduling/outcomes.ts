/**
 * What follows from each way a live attempt can end without a value. Losses are not counted, except
 * where the worker was silent while it ran (`maxSilences`). Crashes count to `maxAttempts`, deaths
 * of the worker to their own, larger limit, memory failures first halve the cohort.
 */
import { moveAttempt } from './attempts.ts';
import type { AttemptResult } from './events.ts';
import { noteFailure } from './quarantine.ts';
import type { Attempt, LabState } from './state.ts';
import type { SlotName } from './words.ts';
import { endTrial } from './trial-end.ts';
import { goBack, showBack, writeAttemptEnd } from './trials.ts';

/**
 * Ends an attempt whose worker was silent for a whole lease while it ran. A trial that does so
 * often enough is failed: its work blocks the worker's loop. Losses of any other kind stay free.
 */
export function fallSilent(lab: LabState, attempt: Attempt, detail: string): void {
  const { trial } = attempt;
  if (attempt.state !== 'open' || trial.silences + 1 < lab.options.maxSilences) {
    if (attempt.state === 'open') trial.silences += 1;
    lose(lab, attempt, detail);
    return;
  }
  trial.silences += 1;
  moveAttempt(lab, attempt, 'lost');
  writeAttemptEnd(lab, attempt, 'lost', null, detail);
  endTrial(lab, trial, { state: 'failed', outcome: 'silent', value: NaN, attempt, result: null });
}

/**
 * The session ended, or nobody ran it: waiting at once, no limit counts it. Recalled: as cancelled.
 * Revoked: settled.
 */
export function lose(lab: LabState, attempt: Attempt, detail: string): void {
  const { trial, state } = attempt;
  const outcome = state === 'open' || state === 'orphaned' ? 'lost' : 'cancelled';
  moveAttempt(lab, attempt, outcome);
  if (state === 'revoked') return;
  writeAttemptEnd(lab, attempt, outcome, null, detail);
  goBack(lab, trial);
  showBack(lab, attempt, outcome, detail);
}

/**
 * What is left of a slot's attempts of before the restart, which its worker does not hold, or
 * nobody came back for.
 */
export function loseOrphans(lab: LabState, slot: SlotName, detail: string): void {
  const orphans = lab.orphans.get(slot) ?? [];
  lab.orphans.delete(slot);
  for (const attempt of orphans) if (attempt.state === 'orphaned') lose(lab, attempt, detail);
}

/**
 * Its worker was killed from outside while it ran; a trial that kills its workers often enough is
 * deadly.
 */
export function die(lab: LabState, attempt: Attempt, signal: string): void {
  if (attempt.state !== 'open') {
    lose(lab, attempt, signal);
    return;
  }
  const { trial } = attempt;
  const { deathDelayMs, deathDelayAtMostMs, deathsBeforeDelay, maxDeaths } = lab.options;
  const ms = ran(lab, attempt, null);
  moveAttempt(lab, attempt, 'lost');
  writeAttemptEnd(lab, attempt, 'lost', null, signal);
  trial.deaths += 1;
  if (trial.deaths >= maxDeaths) {
    endTrial(lab, trial, { state: 'failed', outcome: 'deadly', value: NaN, attempt, result: null });
  } else {
    const beyond = trial.deaths - deathsBeforeDelay;
    if (beyond >= 0) trial.laneCap = 1;
    goBack(
      lab,
      trial,
      beyond < 0 ? lab.now : lab.now + Math.min(deathDelayAtMostMs, deathDelayMs * 2 ** beyond),
    );
    showBack(lab, attempt, 'lost', signal);
  }
  noteFailure(lab, attempt, { at: lab.now, trial, kind: 'death', ms, detail: signal });
}

/** The objective threw, or took its worker down. */
export function crash(
  lab: LabState,
  attempt: Attempt,
  result: AttemptResult | null,
  detail: string | null,
): void {
  countCrash(lab, attempt, 'crashed', result, detail);
}

/**
 * Memory ran out: by others' fault elsewhere and later, free of charge; else in smaller cohorts,
 * free of charge; alone, as a crash.
 */
export function runOutOfMemory(
  lab: LabState,
  attempt: Attempt,
  result: AttemptResult | null,
  detail: string | null,
): void {
  const { trial } = attempt;
  const lanes = attempt.cohort?.attempts.length ?? 1;
  const byNeighbour = result?.byNeighbour ?? false;
  if (!byNeighbour && lanes === 1) {
    countCrash(lab, attempt, 'outOfMemory', result, detail);
    return;
  }
  moveAttempt(lab, attempt, 'outOfMemory');
  writeAttemptEnd(lab, attempt, 'outOfMemory', result, detail);
  if (byNeighbour) {
    trial.memoryFailures += 1;
    trial.avoid = attempt.slot;
    if (trial.memoryFailures >= lab.options.maxNeighbourFailures) {
      endTrial(lab, trial, {
        state: 'failed',
        outcome: 'outOfMemory',
        value: NaN,
        attempt,
        result,
      });
      return;
    }
  } else trial.laneCap = lanes >> 1;
  goBack(lab, trial, byNeighbour ? lab.now + lab.options.neighbourDelayMs : lab.now);
  showBack(lab, attempt, 'outOfMemory', detail);
}

/** Its worker says that it took longer than allowed. */
export function timeOut(lab: LabState, attempt: Attempt, result: AttemptResult): void {
  const { trial } = attempt;
  moveAttempt(lab, attempt, 'timedOut');
  writeAttemptEnd(lab, attempt, 'timedOut', result, null);
  endTrial(lab, trial, { state: 'failed', outcome: 'timedOut', value: NaN, attempt, result });
}

function countCrash(
  lab: LabState,
  attempt: Attempt,
  outcome: 'crashed' | 'outOfMemory',
  result: AttemptResult | null,
  detail: string | null,
): void {
  const { trial } = attempt;
  const { crashDelayMs, maxAttempts } = lab.options;
  const ms = ran(lab, attempt, result);
  moveAttempt(lab, attempt, outcome);
  writeAttemptEnd(lab, attempt, outcome, result, detail);
  trial.crashes += 1;
  if (trial.crashes >= maxAttempts) {
    endTrial(lab, trial, { state: 'failed', outcome, value: NaN, attempt, result });
  } else {
    trial.avoid = attempt.slot;
    goBack(
      lab,
      trial,
      trial.crashes === 1 ? lab.now : lab.now + crashDelayMs * 2 ** (trial.crashes - 2),
    );
    showBack(lab, attempt, outcome, detail);
  }
  noteFailure(lab, attempt, { at: lab.now, trial, kind: 'crash', ms, detail: detail ?? outcome });
}

/** Milliseconds the attempt ran: as its worker says, else since it was its slot's first. */
function ran(lab: LabState, { cohort }: Attempt, result: AttemptResult | null): number {
  return result?.ms ?? lab.now - (cohort?.startedAt ?? lab.now);
}
