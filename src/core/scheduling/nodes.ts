/**
 * Events of nodes: joining, pulses, leaving, removal, datasets. Silence is handled in `away.ts`,
 * modes in `node-modes.ts`, worker processes in `node-workers.ts`.
 */
import { cohortLane } from './cohort-lanes.ts';
import { THIS_NODE, parseSlot } from '../device.ts';
import { loseNode } from './away.ts';
import { newNode } from './create-node.ts';
import { updateCredits } from './credits.ts';
import type { Event, NodeSlot } from './events.ts';
import { applyModes, forgetMismatches } from './node-modes.ts';
import { adoptWorker, startWorkers, unsentWorkers } from './node-workers.ts';
import { loseOrphans } from './outcomes.ts';
import { comeBack, heardOf, setSilent } from './presence.ts';
import { requeue } from './second-attempts.ts';
import { leaveSlot } from './sessions.ts';
import { slotOf } from './slots.ts';
import type { Cohort, LabNode, LabState, Slot } from './state.ts';
import { emit, showLab } from './step-output.ts';
import { sendCancel } from './trials.ts';
import { holdSlot, refreshNode } from './withholding.ts';

export function nodeJoined(lab: LabState, event: Extract<Event, { type: 'nodeJoined' }>): void {
  const { node: id, boot, link } = event;
  if (id === THIS_NODE) return;
  const node = knownNode(lab, id);
  if (node.presence !== 'absent') {
    if (boot < node.boot) {
      emit(lab, { do: 'sendNode', node: id, message: { type: 'goodbye', reason: 'replaced' } });
      return;
    }
    if (boot === node.boot && link <= node.link) return;
    // Its worker processes died with the process before.
    if (boot > node.boot) loseNode(lab, node, 'restarted');
  }
  const isNew = node.presence === 'absent';
  node.boot = boot;
  node.link = link;
  node.arithmetic = event.arithmetic ?? null;
  node.has.clear();
  for (const content of event.has) node.has.add(content);
  comeBack(lab, node);
  setSilent(lab, node, []);
  const offered = event.slots.filter(({ slot }) => parseSlot(slot).node === id);
  for (const slot of [...node.slots])
    if (!offered.some(({ slot: name }) => name === slot.name)) withdraw(lab, node, slot);
  for (const about of offered) offer(lab, node, about, isNew);
  refreshNode(lab, node);
  startWorkers(lab, node);
  const { pulseMs, silentMs } = lab.options;
  const { run, delayed } = unsentWorkers(lab, node);
  emit(lab, {
    do: 'sendNode',
    node: id,
    message: { type: 'welcome', epoch: lab.epoch, link, pulseMs, silentMs, run },
  });
  for (const worker of delayed) emit(lab, { do: 'spawnWorker', ...worker });
  if (!isNew) for (const about of offered) sendAgain(lab, about);
}

/** Returns the node of this id; creates it at its first mention, absent. */
function knownNode(lab: LabState, id: string): LabNode {
  let node = lab.nodes.get(id);
  if (node === undefined) lab.nodes.set(id, (node = newNode(id, 'absent')));
  return node;
}

function offer(lab: LabState, node: LabNode, about: NodeSlot, isNew: boolean): void {
  const slot = slotOf(lab, about.slot);
  const { model, lanes, memoryBytes, running } = about;
  node.slots.add(slot);
  lab.leases.remove(slot);
  slot.model = model;
  if (slot.session === null) Object.assign(slot, { lanes, memoryBytes });
  slot.supervision ??= { launched: null, backoff: 0, startsAt: lab.now, upAt: null };
  if (!isNew) return;
  const orphans = lab.orphans.get(slot.name) ?? [];
  if (orphans.some(({ incarnation }) => incarnation !== running))
    loseOrphans(lab, slot.name, 'its worker has ended');
  if (running !== null) adoptWorker(lab, slot, running);
}

/** The node no longer offers the slot. */
function withdraw(lab: LabState, node: LabNode, slot: Slot): void {
  node.slots.delete(slot);
  slot.supervision = null;
  if (slot.session !== null) leaveSlot(lab, slot, { reason: 'withdrawn', goodbye: true });
  loseOrphans(lab, slot.name, 'its slot is not offered any more');
}

/**
 * Sends the cohorts again that were lost with the connection: those that the node did not pass to
 * the worker. Workers ignore a task number that is not above their last.
 */
function sendAgain(lab: LabState, { slot: name, session, taskSeq }: NodeSlot): void {
  const slot = lab.slots.get(name);
  if (slot === undefined || slot.session === null || slot.session !== session) return;
  for (const cohort of slot.cohorts) if (cohort.taskSeq > taskSeq) repeat(lab, slot, cohort);
}

function repeat(lab: LabState, slot: Slot, cohort: Cohort): void {
  const { session } = slot;
  if (session === null) return;
  cohort.sentAt = lab.now;
  cohort.sentOnLeaseClock = lab.now - lab.stalledMs;
  cohort.missed = 0;
  cohort.missedAt = 0;
  const attempts = cohort.attempts.filter((attempt) => attempt.cohort === cohort);
  emit(lab, {
    do: 'sendCohort',
    slot: slot.name,
    session,
    taskSeq: cohort.taskSeq,
    cohort: cohort.id,
    study: cohort.study.uid,
    shape: cohort.shape,
    lanes: attempts.map(cohortLane),
    deadlineMs: lab.options.attemptTimeout(cohort.study.spec),
    again: true,
  });
  for (const attempt of attempts)
    if (attempt.state !== 'open') sendCancel(lab, attempt, attempt.state);
}

export function nodePulse(lab: LabState, event: Extract<Event, { type: 'nodePulse' }>): void {
  const node = lab.nodes.get(event.node);
  const { silent, held, rttMs, link } = event;
  if (node === undefined || node.presence === 'absent' || (link ?? node.link) !== node.link) {
    lab.refusals.add('staleSession', event.node);
    return;
  }
  heardOf(lab, node);
  setSilent(lab, node, silent);
  setHeld(lab, node, held);
  if (rttMs === undefined || rttMs === node.rttMs) return;
  node.rttMs = rttMs;
  updateCredits(lab, node);
}

/** Slots held for the node's owner are not given work; their attempts may run elsewhere too. */
function setHeld(lab: LabState, node: LabNode, held: readonly string[]): void {
  const names = new Set(held);
  let changed = false;
  for (const slot of node.slots) {
    const holds = names.has(slot.name);
    if (holds === (slot.heldSince !== null)) continue;
    changed = true;
    if (holds) node.held.add(slot.name);
    else node.held.delete(slot.name);
    holdSlot(lab, slot, holds ? lab.now : null);
    for (const { attempts } of slot.cohorts) for (const { trial } of attempts) requeue(trial);
  }
  if (changed) showLab(lab, { kind: 'nodeHeld', node: node.id, held: [...node.held].sort() });
}

export function nodeLeft(
  lab: LabState,
  { node: id, reason }: Extract<Event, { type: 'nodeLeft' }>,
): void {
  const node = lab.nodes.get(id);
  if (node !== undefined && node.link > 0 && node.presence !== 'absent')
    loseNode(lab, node, reason);
}

/** Ends the node's sessions and its link; late messages of its workers are dropped from now on. */
export function nodeRemoved(
  lab: LabState,
  { node: id }: Extract<Event, { type: 'nodeRemoved' }>,
): void {
  if (id === THIS_NODE) return;
  const node = knownNode(lab, id);
  if (node.presence !== 'absent') loseNode(lab, node, 'removed');
  else node.reason = 'removed';
  for (const slot of [...lab.orphans.keys()])
    if (parseSlot(slot).node === id) loseOrphans(lab, slot, 'its node was removed');
  node.modes.user = 'open';
  applyModes(lab, node, 0);
  forgetMismatches(lab, id);
  emit(lab, { do: 'sendNode', node: id, message: { type: 'goodbye', reason: 'removed' } });
  emit(lab, { do: 'cutNode', node: id });
}

export function nodeHas(
  lab: LabState,
  { node: id, content, has }: Extract<Event, { type: 'nodeHas' }>,
): void {
  const node = lab.nodes.get(id);
  if (node === undefined || node.presence === 'absent') return;
  heardOf(lab, node);
  if (has) node.has.add(content);
  else node.has.delete(content);
}
