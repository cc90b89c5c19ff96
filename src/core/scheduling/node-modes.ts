/**
 * Modes of a node: of those that its user and its owner set, the stricter holds. A paused node is
 * given no work; a draining one finishes its work, then its workers end.
 */
import { THIS_NODE } from '../device.ts';
import type { Event } from './events.ts';
import { startWorkers, stopWorkers } from './node-workers.ts';
import { recallAll } from './recall.ts';
import { leaveSlot } from './sessions.ts';
import type { LabNode, LabState } from './state.ts';
import { emit, showLab, write } from './step-output.ts';
import { checkTransition } from './transitions.ts';
import type { TransitionTable } from './transitions.ts';
import type { NodeId, NodeMode } from './words.ts';
import { refreshNode } from './withholding.ts';

export const MODE_TRANSITIONS: TransitionTable<NodeMode, NodeMode> = {
  open: {
    paused: 'user or owner; open attempts are recalled after the grace',
    draining: 'user or owner; open attempts are recalled after the grace',
  },
  paused: { open: 'user and owner', draining: 'user or owner' },
  draining: {
    open: 'user and owner',
    paused: 'resumed by one, paused by the other',
    drained: 'no cohort outstanding: its sessions end',
  },
  drained: { open: 'user and owner', paused: 'resumed by one, paused by the other' },
};

const STRICTNESS: readonly NodeMode[] = ['open', 'paused', 'draining', 'drained'];

export function nodeMode(lab: LabState, event: Extract<Event, { type: 'nodeMode' }>): void {
  const { type, node: id, mode, graceMs, by } = event;
  const node = lab.nodes.get(id);
  if (node === undefined) {
    lab.refusals.add('unknown-node', by);
    showLab(lab, {
      kind: 'commandRefused',
      command: type,
      study: null,
      reason: 'unknown-node',
      detail: id,
    });
    return;
  }
  if (mode === 'open' && by === 'user' && isResumed(lab, node)) forgetMismatches(lab, id);
  if (mode !== 'draining' || node.modes[by] !== 'drained') node.modes[by] = mode;
  applyModes(lab, node, graceMs);
}

/**
 * Returns whether the user resumed the node. An open node with enough wrong values to pause it was
 * resumed before this host restarted.
 */
function isResumed({ mismatches, options }: LabState, { id, modes }: LabNode): boolean {
  const wrong = mismatches.get(id)?.length ?? 0;
  return modes.user !== 'open' || wrong >= options.mostMismatches;
}

/** Forgets the wrong values of a node that the user resumed or removed. */
export function forgetMismatches(lab: LabState, node: NodeId): void {
  if (lab.mismatches.delete(node)) write(lab, { op: 'mismatchesForgotten', node });
}

/** Applies the stricter of its modes. */
export function applyModes(lab: LabState, node: LabNode, graceMs: number): void {
  const { user, owner } = node.modes;
  const by = STRICTNESS.indexOf(owner) > STRICTNESS.indexOf(user) ? 'owner' : 'user';
  const mode = node.modes[by];
  const changed = mode !== node.mode || (mode !== 'open' && by !== node.modeBy);
  if (mode !== node.mode)
    checkTransition(
      MODE_TRANSITIONS,
      'node',
      () => node.id,
      node.mode,
      mode,
      () => [],
    );
  node.mode = mode;
  node.modeBy = by;
  if (mode === 'draining') lab.drainingNodes.add(node);
  else lab.drainingNodes.delete(node);
  if (mode === 'open' || mode === 'drained') node.graceEnds = null;
  else if (changed || node.graceEnds !== null) giveGrace(lab, node, graceMs, changed);
  if (!changed) return;
  showLab(lab, { kind: 'nodeMode', node: node.id, mode, by });
  refreshNode(lab, node);
  startWorkers(lab, node);
}

/** A shorter grace that was given already stays, unless the mode is new. */
function giveGrace(lab: LabState, node: LabNode, graceMs: number, isNew: boolean): void {
  const before = isNew ? Infinity : (node.graceEnds ?? Infinity);
  node.graceEnds = Math.min(before, lab.now + graceMs);
  if (node.graceEnds <= lab.now) endNodeGrace(lab, node);
  else lab.timers.add({ kind: 'nodeGrace', at: node.graceEnds, node });
}

/**
 * Recalls what still runs on a paused or draining node. If the node is away, its workers cannot be
 * asked, and the sessions with work end.
 */
export function endNodeGrace(lab: LabState, node: LabNode): void {
  if (node.graceEnds === null || node.graceEnds > lab.now) return;
  node.graceEnds = null;
  for (const slot of node.slots) {
    if (node.presence === 'away' && slot.cohorts.length > 0)
      leaveSlot(lab, slot, { reason: 'unreachable', goodbye: true });
    else recallAll(lab, slot, node.mode);
  }
}

/** Ends the workers of draining nodes that have no work left. */
export function finishDrainingNodes(lab: LabState): void {
  for (const node of lab.drainingNodes) {
    if (node.presence === 'away' && node.graceEnds === null) {
      for (const slot of node.slots)
        if (slot.cohorts.length > 0) leaveSlot(lab, slot, { reason: 'unreachable', goodbye: true });
    }
    if ([...node.slots].some(({ cohorts }) => cohorts.length > 0)) continue;
    for (const by of ['user', 'owner'] as const)
      if (node.modes[by] === 'draining') node.modes[by] = 'drained';
    applyModes(lab, node, 0);
    if (node.id === THIS_NODE || node.link === 0) continue;
    stopWorkers(lab, node);
    emit(lab, { do: 'sendNode', node: node.id, message: { type: 'goodbye', reason: 'drained' } });
  }
}
