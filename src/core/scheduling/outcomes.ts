/**
 * Consequences of each way in which a live attempt can end without a value. A trial that a pruner
 * has stopped ends as pruned by any of them. Losses are not counted, except if the worker was
 * silent while the attempt ran (`maxSilences`). Crashes count towards `maxAttempts`, deaths of the
 * worker towards their own, larger limit; memory failures first halve the cohort.
 */
import { moveAttempt } from './attempts.ts';
import { loseAudit } from './audits.ts';
import type { AttemptResult } from './events.ts';
import { noteFailure } from './quarantine.ts';
import type { Attempt, LabState } from './state.ts';
import type { SlotName } from './words.ts';
import { endTrial } from './trial-end.ts';
import { goBack, showBack } from './back.ts';
import { writeAttemptEnd } from './trials.ts';

/**
 * Ends an attempt whose worker was silent for a whole lease while it ran. Fails the trial after
 * `maxSilences` such ends, because its work blocks the worker's event loop. Losses of any other
 * kind are not counted.
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
 * The session ended, or the attempt never ran: the trial waits at once, and no limit counts it. A
 * recalled attempt ends as cancelled, a revoked one is settled.
 */
export function lose(lab: LabState, attempt: Attempt, detail: string): void {
  const { audit, state } = attempt;
  if (audit !== null) {
    loseAudit(lab, attempt, detail);
    return;
  }
  const outcome = state === 'open' || state === 'orphaned' ? 'lost' : 'cancelled';
  moveAttempt(lab, attempt, outcome);
  if (state === 'revoked') return;
  writeAttemptEnd(lab, attempt, outcome, null, detail);
  goBack(lab, attempt);
  showBack(lab, attempt, outcome, detail);
}

/**
 * Loses a slot's orphaned attempts that its worker does not hold, or that were not adopted in time.
 */
export function loseOrphans(lab: LabState, slot: SlotName, detail: string): void {
  const orphans = lab.orphans.get(slot) ?? [];
  lab.orphans.delete(slot);
  for (const attempt of orphans) if (attempt.state === 'orphaned') lose(lab, attempt, detail);
}

/**
 * Its worker was killed from outside while the attempt ran. A trial that does so `maxDeaths` times
 * fails as `deadly`.
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
      attempt,
      beyond < 0 ? lab.now : lab.now + Math.min(deathDelayAtMostMs, deathDelayMs * 2 ** beyond),
    );
    showBack(lab, attempt, 'lost', signal);
  }
  noteFailure(lab, attempt, { at: lab.now, trial, kind: 'death', ms, detail: signal });
}

/** The objective threw, or ended its worker. */
export function crash(
  lab: LabState,
  attempt: Attempt,
  result: AttemptResult | null,
  detail: string | null,
): void {
  countCrash(lab, attempt, 'crashed', result, detail);
}

/**
 * Memory ran out. Caused by other trials: retried elsewhere and later, without charge. Otherwise in
 * smaller cohorts, without charge; alone, as a crash. A program is repeated once.
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
    let last = false;
    // Repeated once: the memory may have been used by others, which a program cannot tell.
    if (lab.options.mostLanes(trial.study.spec) === 1) {
      trial.memoryFailures += 1;
      last = trial.memoryFailures > 1;
    }
    countCrash(lab, attempt, 'outOfMemory', result, detail, last);
    return;
  }
  moveAttempt(lab, attempt, 'outOfMemory');
  writeAttemptEnd(lab, attempt, 'outOfMemory', result, detail);
  if (byNeighbour) {
    trial.memoryFailures += 1;
    trial.avoid = attempt.slot;
    if (trial.verdict === null && trial.memoryFailures >= lab.options.maxNeighbourFailures) {
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
  goBack(lab, attempt, byNeighbour ? lab.now + lab.options.neighbourDelayMs : lab.now);
  showBack(lab, attempt, 'outOfMemory', detail);
}

/**
 * The worker reports that the attempt exceeded its time limit, which fails the trial unless another
 * attempt of it lives.
 */
export function timeOut(lab: LabState, attempt: Attempt, result: AttemptResult): void {
  const { trial } = attempt;
  moveAttempt(lab, attempt, 'timedOut');
  writeAttemptEnd(lab, attempt, 'timedOut', result, null);
  if (trial.live.length > 0) {
    showBack(lab, attempt, 'timedOut', null);
    return;
  }
  if (trial.verdict !== null) {
    goBack(lab, attempt);
    return;
  }
  endTrial(lab, trial, { state: 'failed', outcome: 'timedOut', value: NaN, attempt, result });
}

function countCrash(
  lab: LabState,
  attempt: Attempt,
  outcome: 'crashed' | 'outOfMemory',
  result: AttemptResult | null,
  detail: string | null,
  last = false,
): void {
  const { trial } = attempt;
  const { crashDelayMs, maxAttempts } = lab.options;
  const ms = ran(lab, attempt, result);
  moveAttempt(lab, attempt, outcome);
  writeAttemptEnd(lab, attempt, outcome, result, detail);
  trial.crashes += 1;
  if (trial.verdict === null && (last || trial.crashes >= maxAttempts)) {
    endTrial(lab, trial, { state: 'failed', outcome, value: NaN, attempt, result, detail });
  } else {
    trial.avoid = attempt.slot;
    goBack(
      lab,
      attempt,
      trial.crashes === 1 ? lab.now : lab.now + crashDelayMs * 2 ** (trial.crashes - 2),
    );
    showBack(lab, attempt, outcome, detail);
  }
  noteFailure(lab, attempt, { at: lab.now, trial, kind: 'crash', ms, detail: detail ?? outcome });
}

/**
 * Milliseconds that the attempt ran: as its worker reported, else since it became its slot's first.
 */
function ran(lab: LabState, { cohort }: Attempt, result: AttemptResult | null): number {
  return result?.ms ?? lab.now - (cohort?.startedAt ?? lab.now);
}
