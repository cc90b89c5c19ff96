/**
 * Trials that pause at a rung of a pruner that promotes, with a training checkpoint. A paused trial
 * waits outside the queue; its last attempt ended as paused. Promotions follow from reports and
 * ends, so a restart decides the same. When no other trial can start any more, those still paused
 * end as pruned.
 */
import { freeLanes } from './asking.ts';
import { writeBack } from './back.ts';
import { giveVerdict } from './pruning.ts';
import type { Attempt, LabState, OpenTrial, Study } from './state.ts';
import type { AttemptResult } from './events.ts';
import { moveAttempt } from './attempts.ts';
import { show } from './step-output.ts';
import { record } from './story.ts';
import { endTrial } from './trial-end.ts';
import { enqueue, moveTrial, writeAttemptEnd } from './trials.ts';

/** The attempt reached the rung: its trial pauses there. It has no other live attempt. */
export function pauseTrial(
  lab: LabState,
  attempt: Attempt,
  result: AttemptResult,
  rung: number,
): void {
  const { trial, slot } = attempt;
  moveAttempt(lab, attempt, 'paused');
  writeAttemptEnd(lab, attempt, 'paused', result, null);
  trial.checkpoint = rung;
  trial.paused = true;
  moveTrial(lab, trial, 'waiting');
  writeBack(lab, trial);
  record(lab, trial, `paused after epoch ${rung}`);
  const kept = trial.study.columns.reports.of(trial.number);
  const { id } = attempt;
  show(lab, trial.study, {
    kind: 'trialBack',
    attempt: id,
    outcome: 'paused',
    slot,
    detail: null,
    kept,
  });
}

/** Promotes paused trials to free lanes, and ends those for which none is left. */
export function promoteTrials(lab: LabState): void {
  for (const study of lab.active) {
    if (study.pruning?.pruner.promotion === undefined) continue;
    if (study.state === 'running') promote(lab, study);
    if (study.state === 'ending' && study.live === 0) endPaused(lab, study);
  }
}

function promote(lab: LabState, study: Study): void {
  const { pruning } = study;
  const promotion = pruning?.pruner.promotion;
  if (pruning === null || promotion === undefined) return;
  const paused = [...study.open.values()].filter((trial) => trial.paused);
  if (paused.length === 0) return;
  const pausedAt = (number: number): number | null => {
    const trial = study.open.get(number);
    return trial?.paused === true && number < study.limit ? trial.checkpoint : null;
  };
  const waiting = study.waiting.size;
  let free = freeLanes(lab, study, waiting + paused.length) - waiting;
  for (; free > 0; free--) {
    const number = promotion.promoted(pruning.trials, pausedAt);
    const trial = number === null ? undefined : study.open.get(number);
    if (trial === undefined) break;
    goOn(lab, trial, 'promoted');
  }
  const spent = study.exhausted || study.columns.size >= study.limit;
  if (!spent || study.asking !== null || study.live > 0) return;
  if ([...study.open.values()].some((trial) => !trial.paused && trial.number < study.limit)) return;
  if (promotion.promoted(pruning.trials, pausedAt) !== null) return;
  // A study ends with a trial that was trained to its end.
  const leader = study.best === null ? promotion.leader(pruning.trials, pausedAt) : null;
  const trial = leader === null ? undefined : study.open.get(leader);
  if (trial === undefined) endPaused(lab, study);
  else goOn(lab, trial, 'promoted as the best, because no trial was trained to its end');
}

function goOn(lab: LabState, trial: OpenTrial, why: string): void {
  trial.paused = false;
  record(lab, trial, why);
  enqueue(lab, trial);
}

function endPaused(lab: LabState, study: Study): void {
  for (const trial of [...study.open.values()]) {
    if (!trial.paused) continue;
    const value = study.columns.reports.last(trial.number)?.value ?? NaN;
    giveVerdict(lab, trial);
    endTrial(lab, trial, {
      state: 'pruned',
      outcome: 'pruned',
      value,
      attempt: null,
      result: null,
    });
  }
}
