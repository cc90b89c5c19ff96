/** Commands of the user or the host on slots: offer, drain, release. */
import type { Event } from './events.ts';
import { release } from './node-quarantine.ts';
import { recallAll } from './recall.ts';
import { leaveSlot } from './sessions.ts';
import { moveSlot, slotOf } from './slots.ts';
import { launch } from './spawning.ts';
import type { LabState, Slot } from './state.ts';
import { emit, showLab } from './step-output.ts';

/** This host runs the slot's processes from now on. */
export function slotOffered(
  lab: LabState,
  { slot: name }: Extract<Event, { type: 'slotOffered' }>,
): void {
  const slot = slotOf(lab, name);
  if (slot.supervision !== null) return;
  slot.supervision = { launched: null, backoff: 0, startsAt: lab.now, upAt: null };
  slot.drainedAt = null;
  if (slot.state === 'draining') moveSlot(lab, slot, 'ready');
  if (slot.session === null) launch(lab, slot);
}

/** Drains the slot: no cohorts from now on; running attempts may finish within the grace period. */
export function slotDrained(
  lab: LabState,
  { type, slot: name }: Extract<Event, { type: 'slotDrained' }>,
): void {
  const slot = find(lab, type, name);
  if (slot === null) return;
  const launched = slot.supervision?.launched ?? null;
  slot.supervision = null;
  slot.drainedAt ??= lab.now;
  if (slot.state === 'draining') return;
  if (slot.state === 'absent') {
    if (launched !== null)
      emit(lab, { do: 'killWorker', slot: name, incarnation: launched, afterMs: 0 });
    return;
  }
  moveSlot(lab, slot, 'draining');
  lab.timers.add({ kind: 'drainGrace', at: lab.now + lab.options.graceMs, slot });
}

/** The grace period of a drained slot is over. */
export function recallDrained(lab: LabState, slot: Slot): void {
  if (slot.state !== 'draining') return;
  recallAll(lab, slot, 'drained');
}

/** Sends goodbye to draining slots without outstanding cohorts. */
export function finishDraining(lab: LabState): void {
  for (const slot of lab.draining)
    if (slot.cohorts.length === 0) leaveSlot(lab, slot, { reason: 'drained', goodbye: true });
}

export function slotReleased(
  lab: LabState,
  { type, slot: name }: Extract<Event, { type: 'slotReleased' }>,
): void {
  const slot = find(lab, type, name);
  if (slot !== null) release(lab, slot);
}

function find(lab: LabState, command: Event['type'], name: string): Slot | null {
  const slot = lab.slots.get(name);
  if (slot !== undefined) return slot;
  lab.refusals.add('unknown-slot', 'user');
  showLab(lab, {
    kind: 'commandRefused',
    command,
    study: null,
    reason: 'unknown-slot',
    detail: name,
  });
  return null;
}
