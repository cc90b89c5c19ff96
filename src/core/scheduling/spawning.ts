/** Starts the processes of slots that this host supervises, with growing delays after failures. */
import { compareIncarnations } from './slots.ts';
import type { LabState, Slot } from './state.ts';
import { emit } from './step-output.ts';

/** Starts a process unless one newer than the slot's last is being started. */
export function launch(lab: LabState, slot: Slot): void {
  const { supervision } = slot;
  if (supervision === null) return;
  const { helloMs, spawnBackoffMs } = lab.options;
  const afterMs = spawnBackoffMs[Math.min(supervision.backoff, spawnBackoffMs.length - 1)] ?? 0;
  slot.launches += 1;
  supervision.backoff += 1;
  supervision.upAt = null;
  supervision.startsAt = lab.now + afterMs;
  const incarnation = `${lab.epoch}.${slot.launches}`;
  supervision.launched = incarnation;
  emit(lab, { do: 'spawnWorker', slot: slot.name, incarnation, afterMs });
  lab.timers.add({ kind: 'helloDue', at: lab.now + afterMs + helloMs, slot, incarnation });
}

/** A process of the slot has sent hello; living long enough resets the delays. */
export function isUp(lab: LabState, slot: Slot, incarnation: string): void {
  const { supervision } = slot;
  if (supervision?.launched === incarnation) supervision.upAt ??= lab.now;
}

/** The slot's process exited or is silent: starts a new one; a silent one is killed later. */
export function relaunch(
  lab: LabState,
  slot: Slot,
  gone: { readonly incarnation: string; readonly exited: boolean },
): void {
  const { supervision } = slot;
  if (supervision === null) return;
  const { launched, upAt } = supervision;
  if (!gone.exited)
    emit(lab, {
      do: 'killWorker',
      slot: slot.name,
      incarnation: gone.incarnation,
      afterMs: lab.options.killReplacedMs,
    });
  const { node } = slot;
  if (node.link > 0 && (!lab.workersWanted || node.mode !== 'open')) {
    supervision.launched = null;
    return;
  }
  if (launched !== null && compareIncarnations(launched, gone.incarnation) > 0) return;
  if (upAt !== null && lab.now - upAt >= lab.options.spawnResetMs) supervision.backoff = 0;
  launch(lab, slot);
}

/**
 * Kills a process that never sent hello; its exit starts the next. On a node the process may never
 * have started, so the next is started at once.
 */
export function helloIsDue(lab: LabState, slot: Slot, incarnation: string): void {
  const { supervision } = slot;
  if (supervision?.launched !== incarnation || supervision.upAt !== null) return;
  emit(lab, { do: 'killWorker', slot: slot.name, incarnation, afterMs: 0 });
  if (slot.node.link > 0) relaunch(lab, slot, { incarnation, exited: true });
}
