/** Creates the state of a lab before it is opened. */
import { THIS_NODE } from '../device.ts';
import { newNode } from './create-node.ts';
import { FreeSlots } from './free-slots.ts';
import { LeaseList } from './lease-list.ts';
import { DEFAULT_OPTIONS } from './options.ts';
import type { LabOptions } from './options.ts';
import { Refusals } from './refusals.ts';
import type { LabState, Slot } from './state.ts';
import { Timers } from './timers.ts';

export function createLab(options: Partial<LabOptions> = {}): LabState {
  const all: LabOptions = { ...DEFAULT_OPTIONS, ...options };
  const lab: LabState = {
    options: all,
    epoch: 0,
    now: 0,
    seq: 0,
    event: 'opened',
    because: undefined,
    sessions: 0,
    cohorts: 0,
    stalledMs: 0,
    wake: null,
    adoptionEnds: null,
    orphans: new Map(),
    storageError: null,
    refusals: new Refusals(),
    studies: new Map(),
    active: new Set(),
    slots: new Map(),
    nodes: new Map([[THIS_NODE, newNode(THIS_NODE, 'present')]]),
    free: new FreeSlots(Math.max(all.credits, all.creditsAtMost), (slot) => rankOf(lab, slot)),
    leases: new LeaseList(),
    nodeLeases: new LeaseList(),
    away: new Set(),
    drainingNodes: new Set(),
    workersWanted: false,
    restAt: null,
    mismatches: new Map(),
    audits: new Set(),
    audited: new Set(),
    dispatched: { free: -1, leftToFaster: false },
    timers: new Timers(),
    draining: new Set(),
    quarantined: new Set(),
    successes: [],
    writes: [],
    out: [],
  };
  return lab;
}

/**
 * Among equally busy slots those come first on which the study's attempts take the least time. With
 * this machine alone, all rank equally.
 */
function rankOf({ nodes, active }: LabState, { name, model }: Slot): number {
  if (nodes.size < 2) return 0;
  for (const { state, attemptMs } of active)
    if (state === 'running') return attemptMs.expected(name, model) ?? 0;
  return 0;
}
