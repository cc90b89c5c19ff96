/**
 * The idle workers that cost most now: idle longest, GPUs before CPU cores, grouped by reason.
 * Pure.
 */
import { deviceKind } from '../../core/device.ts';
import type { SlotRow } from '../../protocol/window/lab-stream.ts';

export interface IdleDevices {
  /** Sorted by name. */
  readonly slots: readonly SlotRow[];
  readonly since: number;
  readonly reason: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Weight of a second of a GPU relative to one of a CPU core. */
const GPU_WEIGHT = 20;

/** @returns null when no worker is idle. Workers of machines that have left are not counted. */
export function costliestIdle(slots: readonly SlotRow[], now: number): IdleDevices | null {
  const byReason = new Map<string, SlotRow[]>();
  for (const slot of slots) {
    if (slot.idle === null || slot.running.length > 0) continue;
    if (slot.idle.reason === 'nodeAbsent') continue;
    const key = `${isGpu(slot) ? 'gpu' : 'cpu'} ${slot.idle.reason}`;
    byReason.set(key, [...(byReason.get(key) ?? []), slot]);
  }
  let found: IdleDevices | null = null;
  let most = -1;
  for (const group of byReason.values()) {
    const sorted = group.toSorted((a, b) => (a.idle?.since ?? now) - (b.idle?.since ?? now));
    const idle = sorted[0]?.idle;
    if (idle === undefined || idle === null) continue;
    const cost = sorted.reduce(
      (sum, slot) => sum + (now - (slot.idle?.since ?? now)) * (isGpu(slot) ? GPU_WEIGHT : 1),
      0,
    );
    if (cost <= most) continue;
    most = cost;
    found = {
      slots: sorted.toSorted((a, b) => a.slot.localeCompare(b.slot, undefined, { numeric: true })),
      since: idle.since,
      reason: idle.reason,
      data: idle.data,
    };
  }
  return found;
}

export function isGpu({ device }: SlotRow): boolean {
  return deviceKind(device) === 'gpu';
}
