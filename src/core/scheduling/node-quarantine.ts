/**
 * Quarantine of slots, and of a node: at least two and more than half of its slots are quarantined.
 * All its slots are then kept from work; one of them has one trial to prove the node. The last
 * usable node is never quarantined.
 */
import { recallAll } from './recall.ts';
import { moveSlot } from './slots.ts';
import type { FailureNote, LabNode, LabState, Slot } from './state.ts';
import { showLab } from './step-output.ts';

/** Least number of quarantined slots of a quarantined node. */
const LEAST_SLOTS = 2;

/** Keeps the slot from work until then; what runs there is recalled. */
export function quarantineSlot(
  lab: LabState,
  slot: Slot,
  until: number,
  failures: readonly FailureNote[],
): void {
  slot.quarantine = { since: lab.now, until, failures };
  slot.failures = [];
  if (slot.state !== 'quarantined') moveSlot(lab, slot, 'quarantined');
  recallAll(lab, slot, 'quarantined');
}

/**
 * The time is over, the user released it, or no other slot is left: one cohort of one lane shows
 * whether the slot works.
 */
export function release(lab: LabState, slot: Slot): void {
  slot.quarantine = null;
  if (slot.state !== 'quarantined') return;
  moveSlot(lab, slot, 'probation');
  showLab(lab, { kind: 'slotReleased', slot: slot.name });
}

/** After a slot of the node was quarantined. */
export function judgeNode(lab: LabState, node: LabNode, reason: string): void {
  const failing = [...node.slots].filter(({ state }) => state === 'quarantined');
  const many = failing.length >= LEAST_SLOTS && failing.length > node.slots.size / 2;
  if (node.quarantine === null && !(many && anotherIsUsable(lab, node))) return;
  const { quarantineAtMostMs, quarantineMs } = lab.options;
  const until = lab.now + Math.min(quarantineAtMostMs, quarantineMs * 2 ** node.quarantines);
  node.quarantines += 1;
  node.quarantine = { since: lab.now, until, reason };
  for (const slot of node.slots) {
    if (slot.state === 'ready' || slot.state === 'probation' || slot.state === 'quarantined')
      quarantineSlot(lab, slot, until, slot.quarantine?.failures ?? []);
  }
  lab.timers.add({ kind: 'nodeQuarantine', at: until, node });
  showLab(lab, { kind: 'nodeQuarantined', node: node.id, reason, untilMs: until });
}

function anotherIsUsable(lab: LabState, node: LabNode): boolean {
  for (const slot of lab.slots.values())
    if (slot.node !== node && slot.state === 'ready' && !slot.withheld) return true;
  return false;
}

/** The quarantine is over: one slot proves the node, the others wait for it. */
export function probeNode(lab: LabState, node: LabNode): void {
  if (node.quarantine === null) return;
  showLab(lab, { kind: 'nodeReleased', node: node.id });
  for (const slot of node.slots) {
    if (slot.state !== 'quarantined') continue;
    release(lab, slot);
    return;
  }
}

/** Returns whether a slot that appears has to wait for another that proves the node. */
export function waitsForProof(lab: LabState, { node }: Slot): boolean {
  if (node.quarantine === null) return false;
  if (node.quarantine.until > lab.now) return true;
  return [...node.slots].some(({ state }) => state === 'probation');
}

/** A slot of the node succeeded: all its slots may be given work again. */
export function proveNode(lab: LabState, node: LabNode): void {
  if (node.quarantine === null) return;
  node.quarantine = null;
  node.quarantines = 0;
  for (const slot of node.slots) {
    if (slot.state === 'quarantined') release(lab, slot);
    slot.quarantine = null;
    slot.quarantines = 0;
    if (slot.state === 'probation') moveSlot(lab, slot, 'ready');
  }
}
