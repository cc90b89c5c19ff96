/**
 * Silence of nodes and of their workers. A node that is silent for `silentMs` is away: its sessions
 * and their leases rest, and its trials may be started elsewhere too. After `lostMs` more it is
 * lost, and all its sessions end together. A worker that is silent to its node, while the node is
 * heard, has a lease of its own.
 */
import { applyModes } from './node-modes.ts';
import { fallSilent, lose, loseOrphans } from './outcomes.ts';
import { movePresence, setSilent } from './presence.ts';
import { recallAll } from './recall.ts';
import { leaveSlot } from './sessions.ts';
import type { LabNode, LabState, Slot, Study } from './state.ts';
import { refreshNode } from './withholding.ts';

/** On the clock: nodes that were silent for `silentMs` are away. */
export function expireNodes(lab: LabState): void {
  for (
    let node = lab.nodeLeases.oldest;
    node !== null && expiryOf(lab, node) <= lab.now;
    node = lab.nodeLeases.oldest
  )
    goAway(lab, node);
}

/** Time at which the first node is away, on the coordinator's clock; null: none is present. */
export function nextAway(lab: LabState): number | null {
  const { oldest } = lab.nodeLeases;
  return oldest === null ? null : expiryOf(lab, oldest);
}

/** The only place that computes this sum, as for leases of slots. */
function expiryOf(lab: LabState, node: LabNode): number {
  return node.lease.heardAt + lab.options.silentMs + lab.stalledMs;
}

function goAway(lab: LabState, node: LabNode): void {
  const since = node.lease.heardAt + lab.options.silentMs;
  node.awaySince = since;
  lab.nodeLeases.remove(node);
  lab.away.add(node);
  setSilent(lab, node, []);
  movePresence(lab, node, 'away', null);
  refreshNode(lab, node);
  lab.timers.add({ kind: 'nodeLost', at: lostAt(lab, since), node, since });
}

function lostAt(lab: LabState, since: number): number {
  return since + lab.options.lostMs + lab.stalledMs;
}

/** The node was away for `lostMs`, unless this process was stalled meanwhile. */
export function nodeLostDue(lab: LabState, node: LabNode, since: number): void {
  if (node.awaySince !== since) return;
  const at = lostAt(lab, since);
  if (at > lab.now) lab.timers.add({ kind: 'nodeLost', at, node, since });
  else loseNode(lab, node, 'silent');
}

/** Ends all sessions of the node together; their attempts are lost without charge. */
export function loseNode(lab: LabState, node: LabNode, reason: string): void {
  node.awaySince = null;
  lab.nodeLeases.remove(node);
  lab.away.delete(node);
  node.held.clear();
  setSilent(lab, node, []);
  movePresence(lab, node, 'absent', reason);
  for (const slot of node.slots) {
    slot.supervision = null;
    slot.heldSince = null;
    if (slot.session !== null) leaveSlot(lab, slot, { reason: 'nodeLost', goodbye: false });
    loseOrphans(lab, slot.name, 'its node is gone');
  }
  // Its owner's mode is announced again when it returns.
  node.modes.owner = 'open';
  if (node.modes.user === 'draining') node.modes.user = 'drained';
  applyModes(lab, node, 0);
  refreshNode(lab, node);
}

/** The worker was silent to its node for a lease, and longer than it has announced. */
export function silentDue(lab: LabState, slot: Slot, since: number): void {
  if (slot.silentSince !== since || slot.session === null) return;
  const at = Math.max(since + lab.options.leaseMs, slot.quietUntil) + lab.stalledMs;
  if (at > lab.now) {
    lab.timers.add({ kind: 'silent', at, slot, since });
    return;
  }
  leaveSlot(lab, slot, {
    reason: 'silent',
    goodbye: true,
    fate: (attempt) => fallSilent(lab, attempt, 'silent'),
  });
}

/** The slot was held for `heldMs`: its attempts are recalled, so that its memory is freed. */
export function heldDue(lab: LabState, slot: Slot, since: number): void {
  if (slot.heldSince !== since) return;
  recallAll(lab, slot, 'held');
}

/**
 * Common end of a step: where a study waits for nothing but its live attempts, those on away nodes
 * cannot be asked to end, and their sessions end. Orphans that were not heard of are lost.
 */
export function endUnreachable(lab: LabState): void {
  if (lab.away.size === 0 && lab.orphans.size === 0) return;
  for (const study of lab.active) {
    if (study.live === 0 || !waitsForItsLast(study)) continue;
    for (const attempts of lab.orphans.values()) {
      for (const attempt of attempts) {
        const { state, trial, unheard } = attempt;
        if (state === 'orphaned' && unheard && trial.study === study)
          lose(lab, attempt, 'unreachable');
      }
    }
    for (const node of lab.away) {
      for (const slot of node.slots) {
        const holds = slot.cohorts.some(({ study: other }) => other === study);
        if (holds) leaveSlot(lab, slot, { reason: 'unreachable', goodbye: true });
      }
    }
  }
}

/** Returns whether the study wants nothing more from its live attempts. */
function waitsForItsLast({ state, graceEnds, wanted, columns, limit, exhausted }: Study): boolean {
  if (state !== 'running') return graceEnds === null;
  return wanted === 0 && (columns.size >= limit || exhausted);
}
