/**
 * Number of cohorts that a worker may have outstanding: one runs, and as many wait as are needed to
 * bridge the round trip to its node.
 */
import { THIS_NODE } from '../device.ts';
import type { LabNode, LabState, Study } from './state.ts';

/** Greatest number over the running studies. */
export function creditsOf(lab: LabState, node: LabNode): number {
  const { credits } = lab.options;
  if (node.rttMs === null || node.id === THIS_NODE) return credits;
  let most = credits;
  for (const study of lab.active) most = Math.max(most, studyCredits(lab, study, node));
  return most;
}

export function studyCredits(
  { options: { credits, creditsAtMost, turnMs } }: LabState,
  { durations }: Study,
  { id, rttMs }: Pick<LabNode, 'id' | 'rttMs'>,
): number {
  const each = durations.value;
  if (rttMs === null || id === THIS_NODE || each <= 0) return credits;
  return Math.min(creditsAtMost, Math.max(credits, 1 + Math.ceil((rttMs + turnMs) / each)));
}

/** After a change of its round-trip time, or of a study's durations. */
export function updateCredits(lab: LabState, node: LabNode): void {
  const credits = creditsOf(lab, node);
  for (const slot of node.slots) {
    if (slot.credits === credits) continue;
    slot.credits = credits;
    lab.free.refresh(slot);
  }
}
