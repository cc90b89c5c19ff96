/**
 * Keeps slots from work although their workers are ready: because of their node's presence or mode,
 * or because they are held for its owner.
 */
import { creditsOf } from './credits.ts';
import { requeue } from './second-attempts.ts';
import type { LabNode, LabState, Slot } from './state.ts';
import { skipHeldTime } from './time-limits.ts';

/** Returns whether the node may be given work. */
export function isUsable({ presence, mode }: LabNode): boolean {
  return presence === 'present' && mode === 'open';
}

/** Applies the node's presence and mode, and its slot's hold, to dispatch. */
export function refreshSlot(lab: LabState, slot: Slot): void {
  slot.withheld = !isUsable(slot.node) || slot.heldSince !== null;
  slot.credits = creditsOf(lab, slot.node, slot.name);
  lab.free.refresh(slot);
}

/** As `refreshSlot`, for all its slots and the trials that run there. */
export function refreshNode(lab: LabState, node: LabNode): void {
  for (const slot of node.slots) {
    refreshSlot(lab, slot);
    for (const { attempts } of slot.cohorts) for (const { trial } of attempts) requeue(trial);
  }
}

/** @param since null: the slot is not held any more */
export function holdSlot(lab: LabState, slot: Slot, since: number | null): void {
  if (since === null && slot.heldSince !== null) skipHeldTime(lab, slot, slot.heldSince);
  slot.heldSince = since;
  if (since !== null)
    lab.timers.add({ kind: 'held', at: lab.now + lab.options.heldMs, slot, since });
  refreshSlot(lab, slot);
}
