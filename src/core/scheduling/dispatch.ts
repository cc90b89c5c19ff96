/**
 * Assigns waiting trials to free slots at the end of every step: slots with the fewest outstanding
 * cohorts first, then those on which attempts take the least time, then by name; among studies the
 * one with the fewest busy lanes; among its trials the smallest number. `packing.ts` decides how
 * many.
 */
import { startAudits } from './audit-dispatch.ts';
import { startAudit } from './audits.ts';
import { cohortLane } from './cohort-lanes.ts';
import { addCohort } from './cohorts.ts';
import { studyCredits } from './credits.ts';
import { hasRoom } from './room.ts';
import type { SecondReason } from './instructions.ts';
import {
  fasterGroups,
  hasAlternative,
  hasWaiting,
  lanesFor,
  mayQueue,
  mayRun,
  shareOf,
  takesTrials,
} from './packing.ts';
import type { Group } from './packing.ts';
import { revoke } from './recall.ts';
import { needsRescue, runsOn, startStragglers } from './second-attempts.ts';
import { noteModel } from './serving.ts';
import { bundleOf, mayBeBundled } from './short-trials.ts';
import type { Attempt, Audit, LabState, OpenTrial, Slot, Study } from './state.ts';
import { emit, show, write } from './step-output.ts';
import { record } from './story.ts';
import { startAttempt } from './trials.ts';
import { SUPERSEDED } from './words.ts';

export function dispatch(lab: LabState): void {
  lab.dispatched.leftToFaster = false;
  const without: Slot[] = [];
  while (hasWork(lab)) {
    const slot = lab.free.take(!someMayQueue(lab));
    if (slot === null) break;
    if (!giveCohort(lab, slot)) without.push(slot);
  }
  // Trials that idle slots of faster devices may not take, because they crashed there, are not left
  // to them.
  for (const slot of without)
    if (!hasWork(lab) || !giveCohort(lab, slot, fasterIdle)) lab.free.putBack(slot);
  startStragglers(lab, (study, slot, trials) => send(lab, study, slot, trials));
  startAudits(
    lab,
    (study, slot, group) => mayWait(lab, study, slot, group),
    (study, slot, audits) => sendAudits(lab, study, slot, audits),
  );
}

/** Returns whether slots with outstanding cohorts can take another of a study with work. */
function someMayQueue({ active, options }: LabState): boolean {
  for (const study of active) {
    const { durations, quickDevices } = study;
    if (!hasWaiting(study)) continue;
    if (durations.value < options.queueBelowMs || quickDevices.size > 0) return true;
    if (options.sideBySide(study.spec)) return true;
  }
  return false;
}

/** Returns whether the study's trials are left to faster devices that do not take them. */
function fasterIdle(lab: LabState, study: Study, group: Group): boolean {
  return (
    mayRun(lab, study, group) &&
    fasterGroups(lab, study, group).some(
      (faster) => (faster.counts[0] ?? 0) > 0 && takesTrials(lab, study, faster),
    )
  );
}

function hasWork(lab: LabState): boolean {
  for (const study of lab.active) if (hasWaiting(study)) return true;
  return false;
}

/**
 * @param anyway whether a study gives the slot trials that are left to faster devices
 * @returns whether there was a trial for the slot
 */
function giveCohort(lab: LabState, slot: Slot, anyway: typeof fasterIdle = () => false): boolean {
  const { group } = slot.free;
  if (group === null) return false;
  const idle = slot.cohorts.length === 0;
  const studies = [...lab.active].filter(
    (study) =>
      hasWaiting(study) &&
      hasRoom(lab, study, slot) &&
      (idle || mayWait(lab, study, slot, group)) &&
      (takesTrials(lab, study, group) || anyway(lab, study, group)),
  );
  if (studies.length > 1) studies.sort((a, b) => a.lanes - b.lanes);
  for (const study of studies) {
    const trials = pick(lab, study, slot, group);
    if (trials.length === 0) continue;
    send(lab, study, slot, trials);
    return true;
  }
  return false;
}

/** Returns whether another cohort of the study may wait behind those outstanding on the slot. */
function mayWait(lab: LabState, study: Study, slot: Slot, group: Group): boolean {
  const credits = studyCredits(lab, study, slot.node, group.device);
  return mayQueue(lab, study, group) && slot.cohorts.length < credits;
}

/**
 * Returns the smallest trial number that may run on the slot and others that may share its cohort,
 * its share among the free slots.
 */
function pick(lab: LabState, study: Study, slot: Slot, group: Group): OpenTrial[] {
  const allowed = (trial: OpenTrial): boolean =>
    !runsOn(trial, slot.node.id) && (trial.avoid !== slot.name || !hasAlternative(lab, study));
  const bundled = (device: string): number =>
    slot.state === 'probation' ? 1 : bundleOf(lab, study, device);
  const room = lanesFor(lab, study, group);
  // Sharing out matters only where several trials are given at once.
  const share =
    Math.max(room, bundled(group.device)) === 1
      ? 1
      : shareOf(lab, study, slot, (other) =>
          Math.max(lanesFor(lab, study, other), bundled(other.device)),
        );
  const first = study.waiting.take(study.limit, allowed);
  if (first === null) return [];
  const trials = [first];
  const bundle = mayBeBundled(first) ? bundled(group.device) : 1;
  let lanes = Math.min(
    Math.max(room, bundle),
    share,
    first.laneCap === 0 ? Infinity : first.laneCap,
  );
  const fits = (trial: OpenTrial): boolean =>
    allowed(trial) &&
    (trial.laneCap === 0 || trial.laneCap > trials.length) &&
    (trials.length < room || mayBeBundled(trial));
  while (trials.length < lanes) {
    const next = study.waiting.takeAlike(first, study.limit, fits);
    if (next === null) break;
    trials.push(next);
    if (next.laneCap !== 0) lanes = Math.min(lanes, next.laneCap);
  }
  return trials;
}

/**
 * Prepares a further attempt of a trial: of two live ones, which are both away, the older one is
 * superseded.
 * @returns the reason, if the new attempt will not be the only one
 */
function makeRoom(lab: LabState, trial: OpenTrial): { second?: SecondReason } {
  const [older, newer] = trial.live;
  if (older === undefined) return {};
  const second = needsRescue(trial) ? 'rescue' : 'straggler';
  if (newer !== undefined) revoke(lab, older, 'cancelled', SUPERSEDED);
  return { second };
}

function send(lab: LabState, study: Study, slot: Slot, trials: readonly OpenTrial[]): void {
  const { session, incarnation, name } = slot;
  if (session === null) return;
  if (slot.free.group !== null) noteModel(study, slot.free.group);
  const second = new Map(trials.map((trial) => [trial, makeRoom(lab, trial)]));
  const attempts = trials.map((trial) => startAttempt(lab, trial, slot));
  const cohort = sendCohort(lab, study, slot, attempts);
  for (const { id: attempt, trial } of attempts) {
    write(lab, {
      op: 'attemptStarted',
      attempt,
      slot: name,
      incarnation,
      session,
      cohort,
      at: lab.now,
    });
    record(lab, trial, `attempt ${attempt.attemptNumber} sent to ${name}, session ${session}`);
  }
  for (const { id: attempt, trial } of attempts) {
    show(lab, study, {
      kind: 'trialStarted',
      attempt,
      slot: name,
      params: trial.params,
      origin: trial.origin,
      ...second.get(trial),
    });
  }
}

function sendAudits(lab: LabState, study: Study, slot: Slot, audits: readonly Audit[]): void {
  const { name, node, incarnation } = slot;
  const place = { slot: name, node: node.id, incarnation };
  const attempts = audits.map((audit) => startAudit(lab, audit, place));
  for (const { id: attempt } of attempts) write(lab, { op: 'auditStarted', attempt, slot: name });
  sendCohort(lab, study, slot, attempts);
}

/** Gives new attempts to a slot with a session, as one cohort. @returns the cohort's id */
function sendCohort(lab: LabState, study: Study, slot: Slot, attempts: readonly Attempt[]): string {
  lab.cohorts += 1;
  slot.taskSeq += 1;
  const { taskSeq, name } = slot;
  const id = `${lab.epoch}.${lab.cohorts}`;
  const { shape } = addCohort(lab, slot, study, attempts, { id, taskSeq, kept: false });
  emit(lab, {
    do: 'sendCohort',
    slot: name,
    session: slot.session ?? '',
    taskSeq,
    cohort: id,
    study: study.uid,
    shape,
    lanes: attempts.map(cohortLane),
    deadlineMs: lab.options.attemptTimeout(study.spec),
  });
  return id;
}
