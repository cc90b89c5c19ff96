/**
 * States of an attempt, and the bookkeeping of each transition: the study's counts and the cohort's
 * credit. The callers decide when and why an attempt moves.
 */
import { releaseFrom } from './cohorts.ts';
import type { Attempt, LabState } from './state.ts';
import { requeue } from './second-attempts.ts';
import { causeOf } from './story.ts';
import { checkTransition } from './transitions.ts';
import type { TransitionTable } from './transitions.ts';
import type { AttemptId, AttemptOutcome, AttemptState } from './words.ts';

export const ATTEMPT_TRANSITIONS: TransitionTable<AttemptState, AttemptState> = {
  open: {
    recalled:
      'the grace of a pause, stop or drain is over, or its number is beyond a lowered limit; a success under way still counts',
    revoked:
      'its trial ended otherwise, or a newer attempt supersedes it; the credit stays spent until it is settled',
    orphaned: 'opened: its session died with the coordinator before',
    succeeded: 'result: ends the trial',
    diverged: 'result: ends the trial',
    pruned: 'result: ends the trial',
    paused: 'result at a rung: the trial waits until it is promoted',
    crashed: 'result or exited: retried, at last fails the trial',
    outOfMemory: 'result or exited: retried, at last fails the trial',
    timedOut: 'result: fails the trial',
    lost: 'its session ended (counted only where the worker was silent while it ran), or a cancel of an earlier session reached it',
  },
  recalled: {
    revoked: 'its trial ended otherwise, or a newer attempt supersedes it',
    orphaned: 'opened',
    succeeded: 'result that was under way: ends the trial',
    diverged: 'result that was under way: ends the trial',
    pruned: 'result that was under way: ends the trial',
    paused: 'result that was under way, at a rung',
    crashed: 'result or exited',
    outOfMemory: 'result or exited',
    timedOut: 'result',
    cancelled: 'result cancelled, or its session ended: the trial goes back',
  },
  orphaned: {
    open: 'hello of the same process, which still holds it',
    lost: 'adoption is over, or result cancelled',
    cancelled: 'its trial has ended',
    succeeded: 'result: ends the trial',
    diverged: 'result: ends the trial',
    pruned: 'result: ends the trial',
    paused: 'result at a rung: the trial waits until it is promoted',
    crashed: 'result',
    outOfMemory: 'result',
    timedOut: 'result',
  },
  revoked: {
    cancelled: 'any result, or its session ended: the credit returns here, not at the cancel',
  },
  succeeded: {},
  diverged: {},
  pruned: {},
  crashed: {},
  outOfMemory: {},
  timedOut: {},
  lost: {},
  cancelled: {},
  paused: {},
};

/** Number of settled attempts that an open trial remembers. */
const PAST = 16;

export function isLive(state: AttemptState): boolean {
  return state === 'open' || state === 'recalled' || state === 'orphaned';
}

export function spendsCredit(state: AttemptState): boolean {
  return state === 'open' || state === 'recalled' || state === 'revoked';
}

/** @throws InvalidTransition before anything has changed */
export function moveAttempt(lab: LabState, attempt: Attempt, to: AttemptState): void {
  const { trial, state: from, cohort } = attempt;
  const { study } = trial;
  checkTransition(
    ATTEMPT_TRANSITIONS,
    'attempt',
    () => `${attemptName(attempt.id)} (${causeOf(lab)})`,
    from,
    to,
    () => trial.story.lines(),
  );
  attempt.state = to;
  if (attempt.audit === null) study.live += Number(isLive(to)) - Number(isLive(from));
  else if (!isLive(to)) lab.audits.delete(attempt);
  study.lanes += Number(spendsCredit(to)) - Number(spendsCredit(from));
  if (!isLive(to)) {
    const at = trial.live.indexOf(attempt);
    if (at >= 0) trial.live.splice(at, 1);
  }
  if (isSettled(to)) {
    trial.past.push({
      attemptNumber: attempt.id.attemptNumber,
      slot: attempt.slot,
      incarnation: attempt.incarnation,
      outcome: to,
    });
    if (trial.past.length > PAST) trial.past.shift();
  }
  if (cohort !== null && !spendsCredit(to)) {
    attempt.cohort = null;
    releaseFrom(lab, cohort);
  }
  requeue(trial);
}

function isSettled(state: AttemptState): state is AttemptOutcome {
  return !isLive(state) && state !== 'revoked';
}

export function attemptName(id: AttemptId): string {
  return `${id.study}/${id.number}/${id.attemptNumber}`;
}

export function sameAttempt(a: AttemptId, b: AttemptId): boolean {
  return a.number === b.number && a.attemptNumber === b.attemptNumber && a.study === b.study;
}

/** Returns whether the outcome of a settled attempt counts as finished. */
export function countsAsFinished(outcome: AttemptOutcome): boolean {
  return outcome !== 'lost' && outcome !== 'cancelled';
}
