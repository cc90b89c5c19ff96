/**
 * States of a trial: creation and start. Its return to waiting is in `back.ts`, its end in
 * `trial-end.ts`.
 */
import { exp } from '../elementary.ts';
import type { Origin, Proposal } from '../samplers/sampler.ts';
import type { AttemptResult } from './events.ts';
import type { Attempt, LabState, OpenTrial, Slot, Study } from './state.ts';
import { requeue } from './second-attempts.ts';
import { emit, write } from './step-output.ts';
import { Story } from './story-ring.ts';
import { causeOf, record } from './story.ts';
import { checkTransition } from './transitions.ts';
import type { TransitionTable } from './transitions.ts';
import { PRUNED } from './words.ts';
import type { AttemptOutcome, TrialState } from './words.ts';

export const TRIAL_TRANSITIONS: TransitionTable<TrialState | 'new', TrialState> = {
  new: { waiting: 'proposed or enqueued' },
  waiting: {
    running: 'dispatched: below the limit, its study running, due',
    complete: 'ended by another program',
    pruned: 'paused at a rung until its study ended, or ended by another program',
    failed: 'cancelled by the user, or ended by another program',
  },
  running: {
    waiting:
      'an attempt ended without ending the trial or paused it at a rung, and no live one is left; it keeps its number, hence its place',
    complete: 'a result succeeded or diverged',
    pruned: 'stopped early by the pruner, a result pruned, or ended by another program',
    failed:
      'retries used up, its worker silent too often, timed out, cancelled by the user, or ended by another program',
  },
  complete: {},
  pruned: {},
  failed: {},
};

/** @throws InvalidTransition before anything has changed */
export function moveTrial(lab: LabState, trial: OpenTrial, to: TrialState): void {
  checkTransition(
    TRIAL_TRANSITIONS,
    'trial',
    () => `${trial.study.uid}/${trial.number} (${causeOf(lab)})`,
    trial.state,
    to,
    () => trial.story.lines(),
  );
  trial.state = to;
}

/**
 * Opens the study's next trial, waiting.
 * @param claims row of another program's enqueued trial, of which it takes the place
 */
export function openTrial(
  lab: LabState,
  study: Study,
  { params, origin }: Proposal,
  historyLength: number,
  claims?: number,
): OpenTrial {
  const number = study.columns.size;
  study.columns.proposed(number, params, historyLength, origin);
  const { uid } = study;
  write(lab, {
    op: 'proposal',
    uid,
    number,
    params,
    origin,
    historyLength,
    ...(claims === undefined ? {} : { claims }),
  });
  const trial = newTrial(lab, study, number, params, origin, historyLength);
  const proposed = `proposed by ${origin.operator} after ${historyLength} completions`;
  record(lab, trial, `${proposed}${predictionText(origin)}`);
  study.waiting.add(trial);
  return trial;
}

/** Creates a waiting trial among the study's open trials, not yet in the queue. */
export function newTrial(
  lab: LabState,
  study: Study,
  number: number,
  params: OpenTrial['params'],
  origin: OpenTrial['origin'],
  historyLength: number,
): OpenTrial {
  const trial = unlistedTrial(lab, study, number, params, origin, historyLength);
  study.open.set(number, trial);
  if (number < study.limit) study.wanted += 1;
  return trial;
}

/** Creates a trial that is none of the study's open ones. */
export function unlistedTrial(
  lab: LabState,
  study: Study,
  number: number,
  params: OpenTrial['params'],
  origin: OpenTrial['origin'],
  historyLength: number,
): OpenTrial {
  return {
    study,
    number,
    params,
    origin,
    historyLength,
    shapeKey: lab.options.shapeKey?.(study.spec, params) ?? null,
    story: new Story(),
    verdict: null,
    state: 'waiting',
    checkpoint: 0,
    paused: false,
    attemptNumber: 0,
    crashes: 0,
    memoryFailures: 0,
    deaths: 0,
    silences: 0,
    laneCap: 0,
    notBefore: 0,
    avoid: null,
    queued: false,
    live: [],
    past: [],
  };
}

/** Starts a further attempt of a trial that was taken from the queue; it may be its second. */
export function startAttempt(
  lab: LabState,
  trial: OpenTrial,
  slot: Pick<Slot, 'name' | 'node' | 'incarnation'>,
): Attempt {
  if (trial.state === 'waiting') moveTrial(lab, trial, 'running');
  trial.attemptNumber += 1;
  const { study } = trial;
  const attempt: Attempt = {
    id: { study: study.uid, number: trial.number, attemptNumber: trial.attemptNumber },
    trial,
    audit: null,
    slot: slot.name,
    node: slot.node.id,
    incarnation: slot.incarnation,
    state: 'open',
    cohort: null,
    unheard: false,
    storedCohort: null,
  };
  trial.live.push(attempt);
  requeue(trial);
  study.live += 1;
  study.lanes += 1;
  return attempt;
}

/** Adds the trial to the queue, now or when it is due. */
export function enqueue(lab: LabState, trial: OpenTrial): void {
  if (trial.notBefore <= lab.now) trial.study.waiting.add(trial);
  else lab.timers.add({ kind: 'trialDue', at: trial.notBefore, trial });
}

/** Writes the outcome of an attempt and keeps all its reports. */
export function writeAttemptEnd(
  lab: LabState,
  attempt: Attempt,
  outcome: AttemptOutcome,
  result: AttemptResult | null,
  detail: string | null,
): void {
  attempt.trial.study.columns.reports.addAll(attempt.id.number, result?.reports ?? []);
  write(lab, { op: 'attemptEnded', attempt: attempt.id, outcome, at: lab.now, result, detail });
  record(
    lab,
    attempt.trial,
    `attempt ${attempt.id.attemptNumber} on ${attempt.slot} ${outcome}${detail === null ? '' : ` (${detail})`}`,
  );
}

/** Sends a cancel to the attempt's worker; repeatable. */
export function sendCancel(lab: LabState, attempt: Attempt, reason: string): void {
  const { cohort, state, trial } = attempt;
  const session = cohort?.slot.session ?? null;
  if (session === null) return;
  // The worker answers that it was pruned, not cancelled.
  const told = state === 'recalled' && trial.verdict !== null ? PRUNED : reason;
  emit(lab, { do: 'sendCancel', slot: attempt.slot, session, attempt: attempt.id, reason: told });
}

/** Prediction of the model that chose a trial, as an addition to its story; empty without one. */
function predictionText({ prediction }: Origin): string {
  if (prediction === undefined) return '';
  const { value, low, high, logExpectedImprovement } = prediction;
  const [predicted, from, to, improvement] = [value, low, high, exp(logExpectedImprovement)].map(
    (x) => String(Number(x.toPrecision(4))),
  );
  return (
    `; predicted ${predicted}, 95 % interval ${from} to ${to}, ` +
    `expected improvement ${improvement} standard deviations`
  );
}
