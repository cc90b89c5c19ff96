/**
 * Sessions begin with hello and end as a whole. Any doubt about a worker ends its session, and all
 * its attempts are lost together; none is lost alone.
 */
import { moveAttempt } from './attempts.ts';
import { addCohort } from './cohorts.ts';
import type { Event } from './events.ts';
import { findLive } from './find.ts';
import { lose, loseOrphans } from './outcomes.ts';
import { waitsForProof } from './node-quarantine.ts';
import { heardOf } from './presence.ts';
import { recall } from './recall.ts';
import { compareIncarnations, moveSlot, newestIncarnation, slotOf } from './slots.ts';
import { requeue } from './second-attempts.ts';
import { isUp, relaunch } from './spawning.ts';
import type { Attempt, Cohort, LabState, Slot } from './state.ts';
import { emit, showLab } from './step-output.ts';
import { record } from './story.ts';
import { PRUNED } from './words.ts';

type Hello = Extract<Event, { type: 'hello' }>;

export function hello(lab: LabState, event: Hello): void {
  const slot = slotOf(lab, event.slot);
  const { incarnation, helloNo } = event;
  // Results and control are separate channels: a hello may arrive after the exit of its process.
  if (
    compareIncarnations(incarnation, newestIncarnation(slot)) < 0 ||
    compareIncarnations(incarnation, slot.exited) <= 0
  ) {
    lab.refusals.add('oldIncarnation', slot.name);
    emit(lab, {
      do: 'sendGoodbye',
      slot: slot.name,
      incarnation,
      session: null,
      reason: 'replaced',
    });
    return;
  }
  if (incarnation === slot.incarnation && helloNo < slot.helloNo) {
    lab.refusals.add('oldIncarnation', slot.name);
    return;
  }
  if (incarnation === slot.incarnation && helloNo === slot.helloNo) {
    lab.refusals.add('repeatedHello', slot.name);
    repeatWelcome(lab, slot);
    return;
  }
  const keep = event.holding
    .map((id) => findLive(lab, id))
    .filter((attempt) => attempt !== null && mayKeep(attempt, event));
  beginSession(lab, slot, event, keep as Attempt[]);
}

/** Returns whether the attempt belongs to this process, is outstanding, and is not recalled. */
function mayKeep(attempt: Attempt, { slot, incarnation }: Hello): boolean {
  return (
    attempt.slot === slot &&
    attempt.incarnation === incarnation &&
    (attempt.state === 'open' || attempt.state === 'orphaned')
  );
}

function repeatWelcome(lab: LabState, slot: Slot): void {
  const { name, incarnation, helloNo, session, keep } = slot;
  if (session === null) {
    emit(lab, {
      do: 'sendGoodbye',
      slot: name,
      incarnation,
      session: null,
      reason: 'staleSession',
    });
    return;
  }
  renewLease(lab, slot);
  emit(lab, { do: 'sendWelcome', slot: name, incarnation, helloNo, session, keep });
}

function beginSession(lab: LabState, slot: Slot, event: Hello, keep: readonly Attempt[]): void {
  const { incarnation, helloNo, device, lanes, memoryBytes } = event;
  endSession(lab, slot, {
    reason: incarnation === slot.incarnation ? 'helloAgain' : 'replaced',
    keep,
    goodbye: incarnation !== slot.incarnation,
  });
  lab.sessions += 1;
  slot.quietUntil = 0;
  const session = `${lab.epoch}.${lab.sessions}`;
  Object.assign(slot, {
    incarnation,
    helloNo,
    session,
    device,
    lanes,
    memoryBytes,
    taskSeq: 0,
    beats: 0,
    keep: keep.map(({ id }) => id),
  });
  isUp(lab, slot, incarnation);
  renewLease(lab, slot);
  emit(lab, { do: 'openTasks', session, slot: slot.name });
  carryOver(lab, slot, keep);
  loseOrphans(lab, slot.name, 'not held any more');
  if (slot.state === 'absent') {
    const waits = waitsForProof(lab, slot);
    if (waits && slot.node.quarantine !== null)
      slot.quarantine = { ...slot.node.quarantine, failures: slot.quarantine?.failures ?? [] };
    const quarantined = waits || (slot.quarantine !== null && slot.quarantine.until > lab.now);
    slot.drainedAt = null;
    moveSlot(lab, slot, quarantined ? 'quarantined' : isSuspect(slot) ? 'probation' : 'ready');
    showLab(lab, { kind: 'slotReady', slot: slot.name, incarnation, device });
  } else lab.free.refresh(slot);
  emit(lab, { do: 'sendWelcome', slot: slot.name, incarnation, helloNo, session, keep: slot.keep });
  // A verdict outlives a restart, the cancel does not.
  for (const attempt of keep)
    if (attempt.state === 'open' && attempt.trial.verdict !== null) recall(lab, attempt, PRUNED);
}

/** Returns whether the slot, or its node, has to prove itself after a quarantine. */
function isSuspect({ quarantines, node }: Slot): boolean {
  return quarantines > 0 || node.quarantine !== null;
}

/**
 * Moves the leases of kept attempts to the new session, and adopts orphans, those of one cohort
 * together.
 */
function carryOver(lab: LabState, slot: Slot, keep: readonly Attempt[]): void {
  const adopted = new Map<string, Attempt[]>();
  for (const attempt of keep) {
    record(
      lab,
      attempt.trial,
      `attempt ${attempt.id.attemptNumber} kept by session ${slot.session ?? ''}`,
    );
    if (attempt.cohort !== null) {
      attempt.cohort.kept = true;
      attempt.cohort.taskSeq = 0;
      continue;
    }
    attempt.unheard = false;
    moveAttempt(lab, attempt, 'open');
    const name =
      attempt.storedCohort ??
      `${attempt.id.study}/${attempt.id.number}/${attempt.id.attemptNumber}`;
    const alike = adopted.get(name);
    if (alike === undefined) adopted.set(name, [attempt]);
    else alike.push(attempt);
  }
  for (const [id, attempts] of adopted) {
    const study = attempts[0]?.trial.study;
    if (study !== undefined) addCohort(lab, slot, study, attempts, { id, taskSeq: 0, kept: true });
    for (const { trial } of attempts) requeue(trial);
  }
}

export interface SessionEnd {
  readonly reason: string;
  /** Attempts that a new session of the same process continues. */
  readonly keep?: readonly Attempt[];
  /** True to send the worker a goodbye. */
  readonly goodbye: boolean;
  /** Handles live attempts in the running cohort; absent: they are lost. */
  readonly fate?: (attempt: Attempt) => void;
}

/**
 * Settles all its attempts but `keep` and closes its channel. Leaves the slot's state to the
 * caller.
 */
export function endSession(
  lab: LabState,
  slot: Slot,
  { reason, keep = [], goodbye, fate }: SessionEnd,
): void {
  const { session } = slot;
  if (session === null) return;
  slot.session = null;
  slot.keep = [];
  lab.leases.remove(slot);
  lab.free.refresh(slot);
  const cohorts: readonly Cohort[] = [...slot.cohorts];
  for (const cohort of cohorts) {
    for (const attempt of cohort.attempts) {
      if (attempt.cohort !== cohort || keep.includes(attempt)) continue;
      const isFirst = cohort === cohorts[0] && attempt.state !== 'revoked';
      if (fate !== undefined && isFirst && attempt.audit === null) fate(attempt);
      else lose(lab, attempt, reason);
    }
  }
  if (goodbye)
    emit(lab, {
      do: 'sendGoodbye',
      slot: slot.name,
      incarnation: slot.incarnation,
      session,
      reason,
    });
  emit(lab, { do: 'closeTasks', session });
}

/** Ends the session and the slot's presence; a supervised slot gets a new process. */
export function leaveSlot(lab: LabState, slot: Slot, end: SessionEnd, exited = false): void {
  const { incarnation } = slot;
  endSession(lab, slot, end);
  if (slot.state !== 'absent') {
    moveSlot(lab, slot, 'absent');
    showLab(lab, { kind: 'slotLost', slot: slot.name, reason: end.reason });
  }
  relaunch(lab, slot, { incarnation, exited });
}

/** Renews the lease of the slot, or of its node, after a message of its session. */
export function renewLease(lab: LabState, slot: Slot): void {
  const at = lab.now - lab.stalledMs;
  if (slot.node.link === 0) {
    lab.leases.renew(slot, at);
    return;
  }
  slot.lease.heardAt = at;
  slot.silentSince = null;
  slot.node.silent.delete(slot.name);
  heardOf(lab, slot.node);
}

/**
 * Returns whether the message belongs to the slot's current session; otherwise answers so that the
 * worker sends hello or exits.
 */
export function isCurrent(
  lab: LabState,
  event: { slot: string; incarnation: string; session: string },
): Slot | null {
  const slot = lab.slots.get(event.slot);
  if (slot?.session === event.session && slot.incarnation === event.incarnation) return slot;
  lab.refusals.add('staleSession', event.slot);
  const replaced =
    slot !== undefined && compareIncarnations(event.incarnation, newestIncarnation(slot)) < 0;
  const reason = replaced ? 'replaced' : 'staleSession';
  emit(lab, {
    do: 'sendGoodbye',
    slot: event.slot,
    incarnation: event.incarnation,
    session: event.session,
    reason,
  });
  return null;
}
