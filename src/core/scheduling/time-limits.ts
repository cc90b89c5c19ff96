/**
 * Time limits of attempts. A worker ends its attempts itself; the limit here, a lease later, ends
 * those of a worker that does not. As for the worker, the time for which the slot is held for its
 * owner does not count. Nothing exceeds its limit while the node is away, because its result may be
 * on its way.
 */
import type { Cohort, LabState, Slot } from './state.ts';

/** Starts the time limit of the slot's first cohort, if its study has one. */
export function watchLimit(lab: LabState, slot: Slot): void {
  const [first] = slot.cohorts;
  const limit = first === undefined ? null : limitOf(lab, first);
  if (limit !== null && !slot.timeoutTimer) setTimer(lab, slot, limit);
}

/** The slot was held since `since` and is not any more: its first cohort goes on. */
export function skipHeldTime(lab: LabState, { cohorts: [first] }: Slot, since: number): void {
  if (first === undefined || first.startedAt === null) return;
  first.startedAt += lab.now - Math.max(since, first.startedAt);
}

/** On the timer: returns the slot's first cohort if it has exceeded its limit; null: it has not. */
export function exceedsLimit(lab: LabState, slot: Slot): Cohort | null {
  slot.timeoutTimer = false;
  const [first] = slot.cohorts;
  const limit = first === undefined ? null : limitOf(lab, first);
  if (first === undefined || limit === null) return null;
  const waits = slot.heldSince !== null || slot.node.presence === 'away';
  const at = waits ? Math.max(limit, lab.now + lab.options.leaseMs) : limit;
  if (at <= lab.now) return first;
  setTimer(lab, slot, at);
  return null;
}

/** Time at which a first cohort exceeds its limit, as far as known; null: it has none. */
function limitOf(lab: LabState, { study, startedAt, slot }: Cohort): number | null {
  const timeout = lab.options.attemptTimeout(study.spec);
  if (timeout === null || startedAt === null) return null;
  return Math.max(startedAt + timeout, slot.node.presenceSince) + lab.options.leaseMs;
}

function setTimer(lab: LabState, slot: Slot, at: number): void {
  slot.timeoutTimer = true;
  lab.timers.add({ kind: 'attemptTimeout', at, slot });
}
