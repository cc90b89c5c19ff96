/**
 * Number of cohorts that a worker may have outstanding: one runs, and as many wait as are needed to
 * bridge the round trip to its node. Of studies whose cohorts run side by side: as many as fit.
 */
import { deviceKind, deviceOfSlot, parseSlot, THIS_NODE } from '../device.ts';
import type { LabNode, LabState, Study } from './state.ts';

/**
 * Greatest number over the running studies. A slot of a card always has the most: cohorts may run
 * there side by side, and other studies keep to their own number.
 */
export function creditsOf(lab: LabState, node: LabNode, slot: string): number {
  const { credits, creditsAtMost } = lab.options;
  if (deviceKind(parseSlot(slot).device) === 'gpu') return Math.max(credits, creditsAtMost);
  if (node.rttMs === null || node.id === THIS_NODE) return credits;
  let most = credits;
  for (const study of lab.active)
    most = Math.max(most, studyCredits(lab, study, node, deviceOfSlot(slot)));
  return most;
}

/** @param device `<node>/<device>` */
export function studyCredits(
  { options: { credits, creditsAtMost, sideBySide, turnMs } }: LabState,
  { durations, spec, speeds }: Study,
  { id, rttMs }: Pick<LabNode, 'id' | 'rttMs'>,
  device: string,
): number {
  if (sideBySide(spec)) {
    const wanted = speeds.get(device)?.lanesWanted ?? Infinity;
    return wanted === Infinity ? 1 : Math.min(creditsAtMost, wanted);
  }
  const each = durations.value;
  if (rttMs === null || id === THIS_NODE || each <= 0) return credits;
  return Math.min(creditsAtMost, Math.max(credits, 1 + Math.ceil((rttMs + turnMs) / each)));
}

/** After a change of its round-trip time, or of a study's durations. */
export function updateCredits(lab: LabState, node: LabNode): void {
  for (const slot of node.slots) {
    const credits = creditsOf(lab, node, slot.name);
    if (slot.credits === credits) continue;
    slot.credits = credits;
    lab.free.refresh(slot);
  }
}
