/** Creates the state of a lab before it is opened. */
import { THIS_NODE } from '../device.ts';
import { FreeSlots } from './free-slots.ts';
import { LeaseList } from './lease-list.ts';
import { newNode } from './nodes.ts';
import { DEFAULT_OPTIONS } from './options.ts';
import type { LabOptions } from './options.ts';
import { Refusals } from './refusals.ts';
import type { LabState } from './state.ts';
import { Timers } from './timers.ts';

export function createLab(options: Partial<LabOptions> = {}): LabState {
  const all: LabOptions = { ...DEFAULT_OPTIONS, ...options };
  return {
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
    free: new FreeSlots(all.credits),
    leases: new LeaseList(),
    timers: new Timers(),
    draining: new Set(),
    quarantined: new Set(),
    successes: [],
    writes: [],
    out: [],
  };
}
