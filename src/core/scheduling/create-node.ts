/** Creates a node, and finds the node of a slot. */
import { parseSlot } from '../device.ts';
import type { LabNode, LabState } from './state.ts';
import type { NodeId, NodePresence, SlotName } from './words.ts';

export function newNode(id: NodeId, presence: NodePresence): LabNode {
  return {
    id,
    presence,
    presenceSince: 0,
    reason: null,
    mode: 'open',
    modeBy: 'user',
    modes: { user: 'open', owner: 'open' },
    boot: 0,
    link: 0,
    lease: { heardAt: 0, older: null, newer: null },
    awaySince: null,
    graceEnds: null,
    slots: new Set(),
    held: new Set(),
    silent: new Set(),
    has: new Set(),
    arithmetic: null,
    rttMs: null,
    quarantine: null,
    quarantines: 0,
  };
}

/**
 * Returns the node of a slot. One that never joined is created as present: its workers connect
 * without a link, and their leases alone tell whether they live.
 */
export function nodeOf(lab: LabState, slot: SlotName): LabNode {
  const { node: id } = parseSlot(slot);
  let node = lab.nodes.get(id);
  if (node === undefined) lab.nodes.set(id, (node = newNode(id, 'present')));
  return node;
}
