/**
 * States of a study, and the bookkeeping of each transition: active time, asking, notifications and
 * writes.
 */
import { recallFrom } from './recall.ts';
import type { LabState, Study } from './state.ts';
import { emit, show, write } from './step-output.ts';
import { checkTransition } from './transitions.ts';
import type { TransitionTable } from './transitions.ts';
import type { StudyState } from './words.ts';

export const STUDY_TRANSITIONS: TransitionTable<StudyState, StudyState> = {
  running: {
    pausing: 'paused by the user, or its sampler failed',
    ending: 'stopped by the user, minutes used, target reached (asynchronous)',
    finished: 'all wanted trials have ended, or the sampler is exhausted',
  },
  pausing: { paused: 'no live attempt is left', running: 'resumed', ending: 'stopped by the user' },
  paused: {
    running: 'resumed',
    ending: 'stopped by the user',
    finished: 'all wanted trials have ended',
  },
  ending: { finished: 'no live attempt is left', running: 'resumed while no stop rule holds' },
  finished: { running: 'resumed, or edited, while no stop rule holds' },
};

/** @throws InvalidTransition before anything has changed */
export function moveStudy(
  lab: LabState,
  study: Study,
  to: StudyState,
  reason: string | null,
): void {
  const from = study.state;
  checkTransition(
    STUDY_TRANSITIONS,
    'study',
    () => `${study.spec.name} (${study.uid})`,
    from,
    to,
    () => [],
  );
  if (from === 'running') {
    saveActiveTime(lab, study);
    study.activeSince = null;
    study.asking = null;
  }
  study.state = to;
  study.reason = reason;
  if (to === 'running') begin(lab, study);
  if (to === 'finished' || to === 'paused') {
    study.graceEnds = null;
    lab.active.delete(study);
  }
  if (to === 'pausing' || to === 'ending') lab.active.add(study);
  write(lab, { op: 'studyState', uid: study.uid, state: to, reason });
  show(lab, study, { kind: 'study', state: to, reason });
  if (to === 'finished') emit(lab, { do: 'finishStudy', study: study.uid, reason: reason ?? '' });
}

/** Prepares a running study. */
export function begin(lab: LabState, study: Study): void {
  lab.active.add(study);
  study.activeSince = lab.now;
  study.graceEnds = null;
  study.exhausted = false;
  watchActiveTime(lab, study);
}

/** Milliseconds that the study has been running. */
export function activeMs(lab: LabState, study: Study): number {
  return study.activeMs + (study.activeSince === null ? 0 : lab.now - study.activeSince);
}

export function saveActiveTime(lab: LabState, study: Study): void {
  study.activeMs = activeMs(lab, study);
  if (study.activeSince !== null) study.activeSince = lab.now;
  study.savedActiveMs = study.activeMs;
  write(lab, { op: 'activeMs', uid: study.uid, activeMs: study.activeMs });
}

/** Sets a timer for the next write of the active time, or for its limit if that is sooner. */
export function watchActiveTime(lab: LabState, study: Study): void {
  const used = activeMs(lab, study);
  const left = study.limits.activeMs === null ? Infinity : study.limits.activeMs - used;
  const unsaved = lab.options.saveActiveMs - (used - study.savedActiveMs);
  // At least a millisecond, because the remainder may be below the resolution of the clock.
  study.activeDue = lab.now + Math.max(1, Math.min(left, unsaved));
  lab.timers.add({ kind: 'active', at: study.activeDue, study });
}

/** Gives running trials time to finish, from now on; a shorter period already given stays. */
export function giveGrace(lab: LabState, study: Study, graceMs: number): void {
  study.graceEnds = Math.min(study.graceEnds ?? Infinity, lab.now + graceMs);
  if (study.graceEnds <= lab.now) endGrace(lab, study);
  else lab.timers.add({ kind: 'grace', at: study.graceEnds, study });
}

/** Recalls running attempts if the grace period is over. */
export function endGrace(lab: LabState, study: Study): void {
  if (study.graceEnds === null || study.graceEnds > lab.now) return;
  study.graceEnds = null;
  recallFrom(lab, study, 0, study.reason ?? study.state);
}
