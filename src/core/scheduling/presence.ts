/**
 * Applies what a message of a node's link changes: the node is present, and so are its workers,
 * except those that it reports as silent.
 */
import type { LabNode, LabState } from './state.ts';
import { showLab } from './step-output.ts';
import { checkTransition } from './transitions.ts';
import type { TransitionTable } from './transitions.ts';
import type { NodePresence } from './words.ts';
import { refreshNode } from './withholding.ts';

export const NODE_TRANSITIONS: TransitionTable<NodePresence, NodePresence> = {
  absent: { present: 'nodeJoined' },
  present: {
    away: 'nothing of its link was heard for silentMs',
    absent: 'it left, was removed, or restarted: all its sessions end',
  },
  away: {
    present: 'a message of its link, or nodeJoined: leases begin anew',
    absent: 'away for lostMs, left, removed, or restarted: all its sessions end',
  },
};

/** A message of the node's link arrived. */
export function heardOf(lab: LabState, node: LabNode): void {
  if (node.link === 0 || node.presence === 'absent') return;
  if (node.presence === 'away') comeBack(lab, node);
  else lab.nodeLeases.renew(node, lab.now - lab.stalledMs);
}

/** The node is present; the leases of its workers begin anew. */
export function comeBack(lab: LabState, node: LabNode): void {
  lab.nodeLeases.renew(node, lab.now - lab.stalledMs);
  if (node.presence === 'present') return;
  node.awaySince = null;
  lab.away.delete(node);
  movePresence(lab, node, 'present', null);
  refreshNode(lab, node);
}

export function movePresence(
  lab: LabState,
  node: LabNode,
  to: NodePresence,
  reason: string | null,
): void {
  checkTransition(
    NODE_TRANSITIONS,
    'node',
    () => node.id,
    node.presence,
    to,
    () => [],
  );
  node.presence = to;
  node.presenceSince = lab.now;
  node.reason = reason;
  showLab(lab, { kind: 'nodePresence', node: node.id, presence: to, reason });
}

/** Sets which workers the node, though it is heard, has not heard of. */
export function setSilent(lab: LabState, node: LabNode, silent: readonly string[]): void {
  if (silent.length === 0 && node.silent.size === 0) return;
  const names = new Set(silent);
  const { leaseMs, silentWorkerMs } = lab.options;
  for (const slot of node.slots) {
    if (!names.has(slot.name) || slot.session === null) {
      node.silent.delete(slot.name);
      slot.silentSince = null;
    } else if (slot.silentSince === null) {
      node.silent.add(slot.name);
      const since = Math.max(slot.lease.heardAt, lab.now - lab.stalledMs - silentWorkerMs);
      slot.silentSince = since;
      lab.timers.add({ kind: 'silent', at: since + leaseMs + lab.stalledMs, slot, since });
    }
  }
}
