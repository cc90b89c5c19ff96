/**
 * States of a slot. Its worker's messages are handled in `sessions.ts` and `liveness.ts`, its
 * processes in `spawning.ts`.
 */
import { creditsOf } from './credits.ts';
import { THIS_NODE } from '../device.ts';
import { nodeOf } from './create-node.ts';
import { notFree } from './free-slots.ts';
import type { LabState, Slot } from './state.ts';
import { causeOf } from './story.ts';
import { checkTransition } from './transitions.ts';
import type { TransitionTable } from './transitions.ts';
import type { SlotName, SlotState } from './words.ts';

export const SLOT_TRANSITIONS: TransitionTable<SlotState, SlotState> = {
  absent: {
    ready: 'hello',
    probation: 'hello after its quarantine',
    quarantined: 'hello during its quarantine',
  },
  ready: {
    absent: 'its session ended',
    draining: 'drained by the user',
    quarantined: 'it fails quickly where others succeed',
  },
  draining: { absent: 'no cohort outstanding, or its session ended', ready: 'offered again' },
  quarantined: {
    absent: 'its session ended',
    probation: 'its time is over, it is released, or nobody else is left',
    draining: 'drained by the user',
  },
  probation: {
    absent: 'its session ended',
    ready: 'a success',
    quarantined: 'a failure',
    draining: 'drained by the user',
  },
};

/** @throws InvalidTransition before anything has changed */
export function moveSlot(lab: LabState, slot: Slot, to: SlotState): void {
  checkTransition(
    SLOT_TRANSITIONS,
    'slot',
    () => `${slot.name} (${causeOf(lab)})`,
    slot.state,
    to,
    () => [],
  );
  slot.state = to;
  if (to === 'draining') lab.draining.add(slot);
  else lab.draining.delete(slot);
  if (to === 'quarantined') lab.quarantined.add(slot);
  else lab.quarantined.delete(slot);
  lab.free.refresh(slot);
}

/** Returns the slot of this name; creates it at its first mention. */
export function slotOf(lab: LabState, name: SlotName): Slot {
  let slot = lab.slots.get(name);
  if (slot !== undefined) return slot;
  const node = nodeOf(lab, name);
  slot = {
    name,
    node,
    state: 'absent',
    withheld: node.presence !== 'present' || node.mode !== 'open',
    credits: creditsOf(lab, node, name),
    incarnation: '',
    exited: '',
    helloNo: 0,
    session: null,
    keep: [],
    device: '',
    model: node.id === THIS_NODE ? lab.options.modelOf(name) : '',
    lanes: 0,
    memoryBytes: 0,
    taskSeq: 0,
    beats: 0,
    cohorts: [],
    lease: { heardAt: 0, older: null, newer: null },
    quietUntil: 0,
    silentSince: null,
    heldSince: null,
    free: notFree(),
    supervision: null,
    launches: 0,
    drainedAt: null,
    protocolErrors: [],
    failures: [],
    quarantine: null,
    quarantines: 0,
    suspected: false,
    timeoutTimer: false,
  };
  lab.slots.set(name, slot);
  if (node.link === 0) node.slots.add(slot);
  return slot;
}

/**
 * Order of process names: part by part as numbers, `9.2` before `10.1`; an empty one before all.
 */
export function compareIncarnations(a: string, b: string): number {
  if (a === b) return 0;
  const left = a === '' ? [] : a.split('.');
  const right = b === '' ? [] : b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = Number(left[i] ?? -1) - Number(right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The newest process seen or started here. */
export function newestIncarnation(slot: Slot): string {
  const launched = slot.supervision?.launched ?? '';
  return compareIncarnations(launched, slot.incarnation) > 0 ? launched : slot.incarnation;
}
