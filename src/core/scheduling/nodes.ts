/** Nodes of the lab: creation and lookup. */
import type { LabNode } from './state.ts';
import type { NodeId, NodePresence } from './words.ts';

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
    heardAt: 0,
    slots: new Set(),
    held: new Set(),
    silent: new Set(),
    has: new Set(),
    arithmetic: null,
    rttMs: null,
  };
}
