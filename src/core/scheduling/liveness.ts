/**
 * Detects whether workers live and hold the attempts they were given: beats, leases, and the ends
 * of sessions.
 */
import { sameAttempt, countsAsFinished } from './attempts.ts';
import type { Event } from './events.ts';
import { findOutstanding, findSettled } from './find.ts';
import { fallSilent } from './outcomes.ts';
import { renewLease, isCurrent, leaveSlot } from './sessions.ts';
import type { Cohort, LabState, Slot } from './state.ts';
import { emit } from './step-output.ts';
import { sendCancel } from './trials.ts';
import type { AttemptId } from './words.ts';

type Beat = Extract<Event, { type: 'beat' }>;
type Leaving = Extract<Event, { type: 'leaving' }>;

export function beat(lab: LabState, event: Beat): void {
  const slot = isCurrent(lab, event);
  if (slot === null) return;
  renewLease(lab, slot);
  const quietMs = Math.min(event.quietMs ?? 0, lab.options.quietMs);
  slot.quietUntil = quietMs === 0 ? 0 : slot.lease.heardAt + quietMs;
  slot.beats += 1;
  emit(lab, {
    do: 'sendHeard',
    slot: slot.name,
    incarnation: slot.incarnation,
    session: event.session,
    n: event.n,
  });
  for (const cohort of slot.cohorts) {
    if (lacksHeld(cohort, event)) {
      leaveSlot(lab, slot, { reason: 'unheld', goodbye: true });
      return;
    }
    if (taskIsLost(lab, cohort, event)) {
      leaveSlot(lab, slot, { reason: 'taskLost', goodbye: true });
      return;
    }
  }
  for (const id of event.holding) cancelAgain(lab, slot, id);
}

export function leaving(lab: LabState, event: Leaving): void {
  const slot = isCurrent(lab, event);
  if (slot !== null) leaveSlot(lab, slot, { reason: event.reason, goodbye: false });
}

/**
 * Returns whether the worker lacks an attempt that it has received (or kept) and that is
 * outstanding here. The condition is permanent, so an old beat shows it as well as a new one.
 */
function lacksHeld(cohort: Cohort, { taskSeq, holding }: Beat): boolean {
  if (cohort.taskSeq > taskSeq) return false;
  return cohort.attempts.some(
    (attempt) => attempt.cohort === cohort && !holding.some((id) => sameAttempt(id, attempt.id)),
  );
}

/**
 * Beats that arrive together after a stall of this process count as one, and the time of the stall
 * does not count.
 */
function taskIsLost(lab: LabState, cohort: Cohort, { taskSeq }: Beat): boolean {
  if (cohort.taskSeq <= taskSeq || lab.storageError !== null) return false;
  if (lab.now - cohort.missedAt < lab.options.beatMs / 2) return false;
  cohort.missed += 1;
  cohort.missedAt = lab.now;
  const waitedMs = lab.now - lab.stalledMs - cohort.sentOnLeaseClock;
  return cohort.missed >= 2 && waitedMs >= lab.options.taskMs;
}

/**
 * Repeats the cancel of an attempt that its worker holds although it is no longer wanted: the first
 * cancel was lost. Finished attempts only wait for their ack.
 */
function cancelAgain(lab: LabState, slot: Slot, id: AttemptId): void {
  const attempt = findOutstanding(slot, id);
  if (attempt !== null) {
    if (attempt.state !== 'open') sendCancel(lab, attempt, attempt.state);
    return;
  }
  const outcome = findSettled(lab, id)?.outcome ?? null;
  if (outcome !== null && countsAsFinished(outcome)) return;
  if (slot.session !== null)
    emit(lab, {
      do: 'sendCancel',
      slot: slot.name,
      session: slot.session,
      attempt: id,
      reason: 'settled',
    });
}

/**
 * On the clock: ends sessions that were silent for the length of a lease, and longer than they have
 * announced.
 */
export function expireLeases(lab: LabState): void {
  for (
    let slot = lab.leases.oldest;
    slot !== null && expiryOf(lab, slot) <= lab.now;
    slot = lab.leases.oldest
  ) {
    if (slot.quietUntil > lab.now - lab.stalledMs) {
      renewLease(lab, slot);
      continue;
    }
    leaveSlot(lab, slot, {
      reason: 'silent',
      goodbye: true,
      fate: (attempt) => fallSilent(lab, attempt, 'silent'),
    });
  }
}

/** Time at which the first lease ends, on the coordinator's clock; null: there is none. */
export function nextExpiry(lab: LabState): number | null {
  const { oldest } = lab.leases;
  return oldest === null ? null : expiryOf(lab, oldest);
}

/**
 * The only place that computes this sum: two roundings would set the timer to the present for ever.
 */
function expiryOf(lab: LabState, slot: Slot): number {
  return slot.lease.heardAt + lab.options.leaseMs + lab.stalledMs;
}

/** Records an invalid message; several within the window end the sender's session. */
export function protocolError(
  lab: LabState,
  sender: { readonly slot: string; readonly incarnation: string },
): void {
  const slot = lab.slots.get(sender.slot);
  if (slot === undefined || slot.session === null || slot.incarnation !== sender.incarnation)
    return;
  const errors = slot.protocolErrors;
  errors.push(lab.now);
  if (errors.length > lab.options.protocolErrors) errors.shift();
  const first = errors[0] ?? 0;
  if (errors.length < lab.options.protocolErrors || lab.now - first > lab.options.protocolErrorsMs)
    return;
  errors.length = 0;
  leaveSlot(lab, slot, { reason: 'protocolErrors', goodbye: true });
}
