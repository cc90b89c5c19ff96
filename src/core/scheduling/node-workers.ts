/**
 * Worker processes of nodes: started when a study runs, ended `restMs` after the last, so that an
 * idle node costs nothing. Those of this machine always run.
 */
import { leaveSlot } from './sessions.ts';
import { compareIncarnations } from './slots.ts';
import { launch } from './spawning.ts';
import type { LabNode, LabState, Slot } from './state.ts';
import { emit } from './step-output.ts';

/** Common end of a step: starts workers with the first study, and sets the timer of their end. */
export function tendWorkers(lab: LabState): void {
  if (lab.active.size > 0) {
    lab.restAt = null;
    if (lab.workersWanted) return;
    lab.workersWanted = true;
    for (const node of lab.nodes.values()) startWorkers(lab, node);
  } else if (lab.workersWanted && lab.restAt === null) {
    lab.restAt = lab.now + lab.options.restMs;
    lab.timers.add({ kind: 'rest', at: lab.restAt });
  }
}

/** No study was active for `restMs`. */
export function restDue(lab: LabState): void {
  if (lab.restAt === null || lab.restAt > lab.now || lab.active.size > 0) return;
  lab.restAt = null;
  lab.workersWanted = false;
  for (const node of lab.nodes.values()) if (node.link > 0) stopWorkers(lab, node);
}

/** Starts the processes that the node lacks, if it may be given work and a study is active. */
export function startWorkers(lab: LabState, node: LabNode): void {
  if (!lab.workersWanted || node.link === 0 || node.presence === 'absent' || node.mode !== 'open')
    return;
  for (const slot of node.slots)
    if (slot.supervision?.launched === null && slot.session === null) launch(lab, slot);
}

/** Ends the node's worker processes. */
export function stopWorkers(lab: LabState, node: LabNode): void {
  for (const slot of node.slots) {
    const { supervision } = slot;
    const launched = supervision?.launched ?? null;
    slot.supervision = null;
    if (slot.session !== null) leaveSlot(lab, slot, { reason: 'drained', goodbye: true });
    if (launched !== null)
      emit(lab, {
        do: 'killWorker',
        slot: slot.name,
        incarnation: launched,
        afterMs: lab.options.graceMs,
      });
    if (supervision !== null)
      slot.supervision = { launched: null, backoff: 0, startsAt: lab.now, upAt: null };
  }
}

/**
 * Continues a worker process that runs on a node that has just joined, if a study is active, unless
 * a process that is started here would count as older.
 */
export function adoptWorker(lab: LabState, slot: Slot, running: string): void {
  const { supervision } = slot;
  const next = `${lab.epoch}.${slot.launches + 1}`;
  if (supervision === null || !lab.workersWanted) return;
  if (compareIncarnations(running, next) >= 0) return;
  supervision.launched = running;
  supervision.startsAt = lab.now;
  supervision.upAt = null;
  const { helloMs } = lab.options;
  lab.timers.add({ kind: 'helloDue', at: lab.now + helloMs, slot, incarnation: running });
}

/** Processes for the welcome of a node, and those that are still to be started after a delay. */
export function unsentWorkers(
  lab: LabState,
  node: LabNode,
): {
  readonly run: readonly { readonly slot: string; readonly incarnation: string }[];
  readonly delayed: readonly {
    readonly slot: string;
    readonly incarnation: string;
    readonly afterMs: number;
  }[];
} {
  const run = [];
  const delayed = [];
  for (const { name, supervision } of node.slots) {
    const incarnation = supervision?.launched ?? null;
    if (supervision === null || incarnation === null) continue;
    const worker = { slot: name, incarnation };
    if (supervision.startsAt <= lab.now) run.push(worker);
    else delayed.push({ ...worker, afterMs: supervision.startsAt - lab.now });
  }
  return { run, delayed };
}
