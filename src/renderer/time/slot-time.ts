/**
 * Divides a worker's time into training, idle time by reason, and the pauses between attempts.
 * Pure; milliseconds.
 */
import type { AttemptRow, GapRow, SlotRow } from '../../protocol/window/lab-stream.ts';
import { coveredIn, lengthOf } from './bars.ts';
import type { Range } from './time-window.ts';

export interface SlotTime {
  readonly whole: number;
  readonly training: number;
  /** The longest first; very short ones are part of `rest`. */
  readonly reasons: readonly { readonly reason: string; readonly ms: number }[];
  readonly rest: number;
}

/** Minimum fraction of the time for a reason to be listed. */
const LEAST_SHARE = 0.005;

export function slotTime(
  attempts: readonly AttemptRow[],
  gaps: readonly Pick<GapRow, 'from' | 'to' | 'reason'>[],
  watched: readonly Range[],
): SlotTime {
  const whole = lengthOf(watched);
  const training = coveredIn(attempts, watched);
  const sums = new Map<string, number>();
  for (const { from, to, reason } of gaps) {
    const ms = watched.reduce(
      (sum, part) => sum + Math.max(0, Math.min(to, part.to) - Math.max(from, part.from)),
      0,
    );
    if (ms > 0) sums.set(reason, (sums.get(reason) ?? 0) + ms);
  }
  const reasons = [...sums]
    .map(([reason, ms]) => ({ reason, ms }))
    .filter(({ ms }) => ms >= whole * LEAST_SHARE);
  reasons.sort((a, b) => b.ms - a.ms);
  const listed = reasons.reduce((sum, { ms }) => sum + ms, training);
  return { whole, training, reasons, rest: Math.max(0, whole - listed) };
}

/** Past idle intervals of a worker and the current one. */
export function stretchesOf(
  slot: Pick<SlotRow, 'slot' | 'idle'>,
  gaps: readonly GapRow[],
  edge: number,
): Pick<GapRow, 'from' | 'to' | 'reason'>[] {
  const past = gaps.filter((gap) => gap.slot === slot.slot);
  return slot.idle === null
    ? past
    : [...past, { from: slot.idle.since, to: edge, reason: slot.idle.reason }];
}
