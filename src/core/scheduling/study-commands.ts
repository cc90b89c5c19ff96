/**
 * Commands of the user on studies and trials. A command that cannot be carried out is refused,
 * counted, and reported.
 */
import type { Sampler } from '../samplers/sampler.ts';
import { Column } from '../study/column.ts';
import { STOPPED_BY_USER } from '../study/stopped.ts';
import type { Limits, StudySpec } from '../study/study-spec.ts';
import { columnsFor } from '../study/columns-for.ts';
import { takenUp, trialsOf } from './dormant.ts';
import type { Trials } from './dormant.ts';
import { Durations } from './durations.ts';
import type { Event } from './events.ts';
import { Median } from './median.ts';
import { createPruning } from './pruning.ts';
import type { LabState, Study } from './state.ts';
import { show, showLab, write } from './step-output.ts';
import { editLimits, end, enforceRules, ruleThatHolds } from './stop-rules.ts';
import { begin, giveGrace, moveStudy, watchActiveTime } from './studies.ts';
import { endFigures, endTrial } from './trial-end.ts';
import { WaitingQueue } from './waiting-queue.ts';
import type { CommandRefusal } from './words.ts';

export function studyCreated(lab: LabState, event: Extract<Event, { type: 'studyCreated' }>): void {
  const { uid, spec, limits } = event;
  if (lab.studies.has(uid)) {
    refuse(lab, event.type, uid, 'not-allowed-now', 'there is such a study already');
    return;
  }
  const study = newStudy(lab, uid, spec, limits);
  lab.studies.set(uid, study);
  write(lab, { op: 'study', uid, spec, limits, limit: limits.trials });
  begin(lab, study);
  show(lab, study, { kind: 'study', state: 'running', reason: null });
}

/** Creates a running study without trials, not yet in the lab. */
export function newStudy(lab: LabState, uid: string, spec: StudySpec, limits: Limits): Study {
  const sampler = lab.options.samplerFor(spec);
  const study: Study = {
    uid,
    spec,
    note: '',
    deleted: false,
    removedFrom: null,
    sampler,
    pruning: createPruning(spec, () => study),
    get columns() {
      return takenUp(study).columns;
    },
    get lastAttemptNumber() {
      return takenUp(study).lastAttemptNumber;
    },
    trials: noTrials(spec, sampler),
    dormant: null,
    state: 'running',
    reason: null,
    limits,
    limit: limits.trials ?? Infinity,
    asking: null,
    exhausted: false,
    open: new Map(),
    waiting: new WaitingQueue(),
    wanted: 0,
    live: 0,
    lanes: 0,
    frontier: 0,
    best: null,
    firstHit: null,
    activeMs: 0,
    activeSince: null,
    savedActiveMs: 0,
    activeDue: null,
    graceEnds: null,
    executor: null,
    durations: new Median(),
    speeds: new Map(),
    quickDevices: new Set(),
    attemptMs: new Durations(),
    content: undefined,
    gpuModel: null,
    audits: { seen: 0, due: [] },
  };
  return study;
}

/** @param sampler the study's own */
export function noTrials(spec: StudySpec, sampler: Sampler): Trials {
  return {
    columns: columnsFor(spec, sampler),
    lastAttemptNumber: new Column((length) => new Uint8Array(length)),
  };
}

export function studyEdited(
  lab: LabState,
  { type, study: uid, limits }: Extract<Event, { type: 'studyEdited' }>,
): void {
  const study = find(lab, type, uid);
  if (study === null || isRefusedAsDeleted(lab, type, study)) return;
  editLimits(lab, study, limits);
  if (study.state === 'finished' && ruleThatHolds(lab, study) === null)
    moveStudy(lab, study, 'running', null);
  if (study.state !== 'running') return;
  enforceRules(lab, study);
  watchActiveTime(lab, study);
}

export function studyPaused(
  lab: LabState,
  { type, study: uid, graceMs, reason }: Extract<Event, { type: 'studyPaused' }>,
): void {
  const study = find(lab, type, uid);
  if (study === null) return;
  if (study.state === 'running') moveStudy(lab, study, 'pausing', reason ?? 'paused by the user');
  if (study.state === 'pausing' || study.state === 'ending') giveGrace(lab, study, graceMs);
}

export function studyResumed(
  lab: LabState,
  { type, study: uid }: Extract<Event, { type: 'studyResumed' }>,
): void {
  const study = find(lab, type, uid);
  if (study === null || study.state === 'running' || isRefusedAsDeleted(lab, type, study)) return;
  if (!canResume(lab, study)) {
    refuse(
      lab,
      type,
      uid,
      'not-allowed-now',
      `the study is ${study.state} (${study.reason ?? ''})`,
    );
    return;
  }
  moveStudy(lab, study, 'running', null);
  enforceRules(lab, study);
}

/**
 * Returns whether a study that does not run can run again with its current limits. A stop by the
 * user, in contrast to a stop rule, can be undone, also while running trials still finish.
 */
export function canResume(lab: LabState, study: Study): boolean {
  return (
    study.state === 'pausing' || study.state === 'paused' || ruleThatHolds(lab, study) === null
  );
}

export function studyStopped(
  lab: LabState,
  { type, study: uid, graceMs }: Extract<Event, { type: 'studyStopped' }>,
): void {
  const study = find(lab, type, uid);
  if (study === null || study.state === 'finished' || isRefusedAsDeleted(lab, type, study)) return;
  if (study.state === 'ending') giveGrace(lab, study, graceMs);
  else end(lab, study, STOPPED_BY_USER, graceMs);
}

export function trialCancelled(
  lab: LabState,
  { type, study: uid, number }: Extract<Event, { type: 'trialCancelled' }>,
): void {
  const study = find(lab, type, uid);
  if (study === null || isRefusedAsDeleted(lab, type, study)) return;
  const trial = study.open.get(number);
  if (trial === undefined) {
    refuse(
      lab,
      type,
      uid,
      'already-ended',
      number < trialsOf(study) ? `trial ${number} has ended` : `there is no trial ${number}`,
    );
    return;
  }
  endTrial(lab, trial, {
    state: 'failed',
    outcome: 'cancelled',
    value: NaN,
    attempt: trial.live[0] ?? null,
    result: null,
  });
}

/**
 * Another program wrote the end of a trial. If the coordinator was about to write one as well, the
 * file contains only the other program's; records that end with its completion number.
 */
export function endedElsewhere(
  lab: LabState,
  event: Extract<Event, { type: 'endedElsewhere' }>,
): void {
  const study = lab.studies.get(event.study);
  if (study === undefined) return;
  const { state, number } = event;
  const value = event.value ?? NaN;
  const trial = study.open.get(number);
  if (trial !== undefined) {
    endTrial(lab, trial, {
      state,
      outcome: 'endedElsewhere',
      value,
      attempt: trial.live[0] ?? null,
      result: null,
      figures: event.figures ?? null,
    });
  } else if (study.columns.hasEnded(number)) {
    const { columns, uid } = study;
    const end = {
      number,
      state,
      outcome: 'endedElsewhere',
      value,
      ...endFigures(study.spec, { state, figures: event.figures ?? null }),
      finishSeq: columns.finishSeq(number),
    } as const;
    write(lab, { op: 'trialEnded', uid, ...end, attemptNumber: 0, story: [] });
    const params =
      columns.params(number) ??
      new Float64Array(Object.keys(study.spec.searchSpace).length).fill(NaN);
    const origin = {
      operator: 'unknown',
      parents: columns.parents(number),
      generation: columns.generation(number),
    };
    show(lab, study, {
      kind: 'trialEnded',
      ...end,
      params,
      origin,
      attempt: null,
      slot: null,
      result: null,
      isBest: false,
    });
  }
}

/** Refuses a command that would change the trials or the state of a deleted study. */
export function isRefusedAsDeleted(
  lab: LabState,
  command: Event['type'],
  { uid, deleted }: Study,
): boolean {
  if (deleted)
    refuse(lab, command, uid, 'not-allowed-now', 'the study is deleted; restore it first');
  return deleted;
}

/** Returns the study of a command; refuses the command if there is none. */
export function find(lab: LabState, command: Event['type'], uid: string): Study | null {
  const study = lab.studies.get(uid);
  if (study === undefined) refuse(lab, command, uid, 'unknown-study', uid);
  return study ?? null;
}

export function refuse(
  lab: LabState,
  command: Event['type'],
  study: string,
  reason: CommandRefusal,
  detail: string,
): void {
  lab.refusals.add(reason, 'user');
  showLab(lab, { kind: 'commandRefused', command, study, reason, detail });
}
