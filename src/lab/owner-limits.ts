/** Translates an owner's limits of a machine into events of the scheduler. */
import type { NewEvent } from '../coordinator/worker-channels.ts';
import { isSelected } from '../core/device.ts';
import type { NodeLimits } from '../protocol/node-messages.ts';

/** Events that the owner's limits lead to. */
export type OwnerEvent = Extract<NewEvent, { type: 'nodeMode' | 'slotDrained' | 'slotOffered' }>;

/**
 * Milliseconds for which trials that run when the hours of use end may go on: 20 days, below the
 * longest timer that Node has.
 */
const HOURS_GRACE_MS = 20 * 24 * 3_600_000;

/**
 * Returns the mode that the owner has set. Outside its hours the machine is paused: what runs may
 * finish.
 * @param hoursFrom when its hours begin; null: they have begun, or there are none
 */
export function ownerMode(
  node: string,
  { paused, draining }: NodeLimits,
  hoursFrom: number | null,
): OwnerEvent {
  const isOff = hoursFrom !== null;
  const mode = draining !== null ? 'draining' : paused || isOff ? 'paused' : 'open';
  const graceMs = draining?.graceMs ?? (paused || !isOff ? 0 : HOURS_GRACE_MS);
  return { type: 'nodeMode', node, mode, graceMs, by: 'owner' };
}

/**
 * Returns the events that drain slots on devices which the limits exclude from now on, and offer
 * the others again.
 * @param excluded slots that are excluded so far; changed here
 */
export function excludeDevices(
  slots: readonly { readonly slot: string; readonly device: string }[],
  devices: NodeLimits['devices'],
  excluded: Set<string>,
): readonly OwnerEvent[] {
  return slots.flatMap(({ slot, device }): OwnerEvent[] => {
    const excludes = devices !== null && !isSelected(devices, device);
    if (excludes === excluded.has(slot)) return [];
    if (excludes) excluded.add(slot);
    else excluded.delete(slot);
    return [{ type: excludes ? 'slotDrained' : 'slotOffered', slot, because: 'owner' }];
  });
}
