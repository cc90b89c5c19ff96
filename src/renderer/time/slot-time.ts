/**
 * Where a worker's time went: training, each reason that it had nothing to do, the moments between
 * attempts. Pure; milliseconds.
 */
import type { AttemptRow, GapRow, SlotRow } from '../../protocol/window/lab-stream.ts';
import { coveredMs } from './bars.ts';
import type { Range } from './time-window.ts';

export interface SlotTime {
  readonly whole: number;
  readonly training: number;
  /** The longest first; those of a moment are counted with the rest. */
  readonly reasons: readonly { readonly reason: string; readonly ms: number }[];
  readonly rest: number;
}

/** Less than this share is not told by itself. */
const LEAST_SHARE = 0.005;

export function slotTime(
  attempts: readonly AttemptRow[],
  gaps: readonly Pick<GapRow, 'from' | 'to' | 'reason'>[],
  watched: Range,
): SlotTime {
  const whole = Math.max(0, watched.to - watched.from);
  const training = coveredMs(attempts, watched);
  const sums = new Map<string, number>();
  for (const { from, to, reason } of gaps) {
    const ms = Math.min(to, watched.to) - Math.max(from, watched.from);
    if (ms > 0) sums.set(reason, (sums.get(reason) ?? 0) + ms);
  }
  const reasons = [...sums]
    .map(([reason, ms]) => ({ reason, ms }))
    .filter(({ ms }) => ms >= whole * LEAST_SHARE);
  reasons.sort((a, b) => b.ms - a.ms);
  const told = reasons.reduce((sum, { ms }) => sum + ms, training);
  return { whole, training, reasons, rest: Math.max(0, whole - told) };
}

/** Past stretches of a worker and the one that goes on. */
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
