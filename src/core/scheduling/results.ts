/**
 * Handles results, judged by their attempt's id alone, never by time. Every result is answered, so
 * that its worker forgets it; one that cannot be accepted is refused with a reason and counted.
 */
import { countsAsFinished, moveAttempt } from './attempts.ts';
import { auditResult } from './audit-verdicts.ts';
import { updateCredits } from './credits.ts';
import { recordLanesWanted, recordSpeed } from './device-speed.ts';
import type { AttemptResult, Event, Report } from './events.ts';
import { findLive, findOutstanding, findSettled } from './find.ts';
import { protocolError } from './liveness.ts';
import { crash, lose, runOutOfMemory, timeOut } from './outcomes.ts';
import { nextPause } from './next-pause.ts';
import { pauseTrial } from './pausing.ts';
import { giveVerdict } from './pruning.ts';
import { noteSuccess } from './quarantine.ts';
import { figuresOf, missingMetrics } from '../study/objectives.ts';
import { renewLease } from './sessions.ts';
import type { Attempt, LabState, OpenTrial } from './state.ts';
import { emit } from './step-output.ts';
import { record } from './story.ts';
import { endTrial } from './trial-end.ts';
import { goBack, showBack } from './back.ts';
import { writeAttemptEnd } from './trials.ts';
import type { RefusalReason } from './words.ts';

type Result = Extract<Event, { type: 'result' }>;

export function result(lab: LabState, event: Result): void {
  const sender = lab.slots.get(event.slot);
  if (sender !== undefined && sender.session !== null && sender.incarnation === event.incarnation)
    renewLease(lab, sender);
  const attempt =
    findLive(lab, event.attempt) ??
    (sender === undefined ? null : findOutstanding(sender, event.attempt));
  if (attempt === null) {
    refuseSettled(lab, event);
    return;
  }
  if (attempt.slot !== event.slot || attempt.incarnation !== event.incarnation) {
    refuse(lab, event, 'notYours');
    protocolError(lab, event);
    return;
  }
  if (!hasLegalValue(event.result)) {
    refuse(lab, event, 'malformed');
    protocolError(lab, event);
    return;
  }
  if (attempt.state === 'revoked') {
    moveAttempt(lab, attempt, 'cancelled');
    refuse(lab, event, 'trialEnded');
    return;
  }
  if (attempt.audit === null) accept(lab, attempt, event.result);
  else auditResult(lab, attempt, event.result);
  ack(lab, event);
}

/** A success has a finite value, a pruned attempt may have one. */
function hasLegalValue({ outcome, value }: AttemptResult): boolean {
  if (outcome === 'succeeded') return Number.isFinite(value);
  return outcome !== 'pruned' || value === undefined || Number.isFinite(value);
}

function accept(lab: LabState, attempt: Attempt, result: AttemptResult): void {
  switch (result.outcome) {
    case 'succeeded':
    case 'diverged':
    case 'pruned':
      end(lab, attempt, result, result.outcome);
      return;
    case 'crashed':
      crash(lab, attempt, result, result.error ?? null);
      return;
    case 'outOfMemory':
      runOutOfMemory(lab, attempt, result, result.error ?? null);
      return;
    case 'timedOut':
      timeOut(lab, attempt, result);
      return;
    case 'cancelled':
      giveUp(lab, attempt, result);
      return;
    default:
      result.outcome satisfies never;
  }
}

/** The attempt came to an end of its trial that is no failure. */
function end(
  lab: LabState,
  attempt: Attempt,
  result: AttemptResult,
  reported: 'succeeded' | 'diverged' | 'pruned',
): void {
  const { cohort, trial } = attempt;
  const { spec } = trial.study;
  const figures = reported === 'succeeded' ? figuresOf(spec, result) : null;
  // One of several values that is missing or not a number makes the whole trial diverge.
  const lacks = reported === 'succeeded' ? missingMetrics(spec, result) : [];
  const outcome = lacks.length > 0 ? 'diverged' : reported;
  const detail = lacks.length > 0 ? `no finite number for ${lacks.join(', ')}` : null;
  const { columns, durations } = trial.study;
  trial.study.executor ??= result.executor ?? null;
  const slot = lab.slots.get(attempt.slot);
  // A part of a training says nothing about the duration of a whole one.
  if (outcome !== 'pruned') trial.study.attemptMs.add(attempt.slot, slot?.model ?? '', result.ms);
  const rung = outcome === 'succeeded' ? nextPause(trial) : null;
  if (rung === null) {
    moveAttempt(lab, attempt, outcome);
    writeAttemptEnd(lab, attempt, outcome, result, detail);
  } else pauseTrial(lab, attempt, result, rung);
  if (outcome !== 'pruned') durations.add(result.ms / (cohort?.attempts.length ?? 1));
  if (outcome !== 'pruned' && cohort?.unsettled === 0) recordSpeed(lab, cohort, result.ms);
  if (result.lanesWanted !== undefined)
    recordLanesWanted(trial.study, attempt.slot, result.lanesWanted);
  if (rung !== null) {
    if (slot !== undefined) noteSuccess(lab, slot, trial);
    return;
  }
  // Of two attempts, the other may have reported more than the one that ends the trial.
  const own = trial.live.length > 0 ? lastOf(result.reports ?? []) : undefined;
  const last = own ?? columns.reports.last(trial.number)?.value;
  const value =
    outcome === 'diverged'
      ? columns.worst
      : spec.objectives === undefined
        ? (result.value ?? last ?? NaN)
        : (figures?.values[0] ?? NaN);
  const state = outcome === 'pruned' ? 'pruned' : 'complete';
  if (state === 'pruned') giveVerdict(lab, trial);
  endTrial(lab, trial, { state, outcome, value, attempt, result, figures });
  if (slot === undefined) return;
  noteSuccess(lab, slot, trial);
  if (slot.node.rttMs !== null) updateCredits(lab, slot.node);
}

function lastOf(reports: readonly Report[]): number | undefined {
  return reports.toSorted((a, b) => a.step - b.step).at(-1)?.value;
}

/**
 * The worker obeyed a cancel: of this recall or, for an open attempt, of an earlier session. No
 * limit counts it.
 */
function giveUp(lab: LabState, attempt: Attempt, result: AttemptResult): void {
  if (attempt.state !== 'recalled') {
    lose(lab, attempt, 'cancelled by its worker');
    return;
  }
  moveAttempt(lab, attempt, 'cancelled');
  writeAttemptEnd(lab, attempt, 'cancelled', result, null);
  goBack(lab, attempt);
  showBack(lab, attempt, 'cancelled', null);
}

function refuseSettled(lab: LabState, event: Result): void {
  const settled = findSettled(lab, event.attempt);
  if (settled === null) {
    refuse(lab, event, 'unknownAttempt');
    return;
  }
  const { outcome, owner } = settled;
  if (owner !== null && (owner.slot !== event.slot || owner.incarnation !== event.incarnation)) {
    refuse(lab, event, 'notYours');
    protocolError(lab, event);
    return;
  }
  if (outcome !== null && countsAsFinished(outcome)) {
    note(lab, event, 'duplicateResult');
    ack(lab, event);
    return;
  }
  refuse(lab, event, 'staleLease');
}

function ack(lab: LabState, { slot, incarnation, attempt }: Result): void {
  emit(lab, { do: 'sendAck', slot, incarnation, attempt });
}

function refuse(lab: LabState, event: Result, reason: RefusalReason): void {
  note(lab, event, reason);
  emit(lab, {
    do: 'sendRefused',
    slot: event.slot,
    incarnation: event.incarnation,
    attempt: event.attempt,
    reason,
  });
}

function note(lab: LabState, { slot, attempt, result }: Result, reason: RefusalReason): void {
  lab.refusals.add(reason, slot);
  const trial: OpenTrial | undefined = lab.studies.get(attempt.study)?.open.get(attempt.number);
  if (trial !== undefined)
    record(
      lab,
      trial,
      `result ${result.outcome} of attempt ${attempt.attemptNumber} from ${slot}: ${reason}`,
    );
}
