/** Running time of a study and its remaining time. Pure. */
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import { clockTime, estimate } from '../format.ts';
import type { Estimate } from '../format.ts';

/** Milliseconds that the study has been running; null when unknown. */
export function activeAt(head: StudyHead, now: number): number | null {
  if (head.activeMs === null) return null;
  return head.state === 'running' || head.state === 'ending'
    ? head.activeMs + Math.max(0, now - head.at)
    : head.activeMs;
}

export type Left =
  | { readonly range: Estimate; readonly until: string }
  | { readonly unknown: string; readonly needed: number | null };

/** Remaining time, counted down from the time of the estimate. */
export function leftAt({ timeLeft, at }: StudyHead, now: number): Left {
  if ('unknown' in timeLeft) return timeLeft;
  const passed = Math.max(0, now - at);
  const low = Math.max(0, timeLeft.lowMs - passed);
  const high = Math.max(1000, timeLeft.highMs - passed);
  return { range: estimate(low, high), until: clockTime(now + (low + high) / 2) };
}
