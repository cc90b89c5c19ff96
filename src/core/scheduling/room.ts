/**
 * Cores and memory that trials of a study state to need, and the number of trials for which a node
 * has room. Counts only studies that state a need: the slots themselves limit the others.
 */
import { NO_DEMAND } from '../demand.ts';
import type { Demand } from '../demand.ts';
import type { LabState, Slot, Study } from './state.ts';

/**
 * Number of further slots of a node that may begin trials of the study; ∞: no limit is known. A
 * trial that needs more than the whole node runs there alone.
 */
export function roomOn(lab: LabState, study: Study, node: string): number {
  const { demandOf, offerOf } = lab.options;
  const wanted = demandOf(study.spec);
  if (wanted === NO_DEMAND) return Infinity;
  const offer = offerOf(node);
  const slots = lab.nodes.get(node)?.slots;
  if (offer === null || slots === undefined) return Infinity;
  let [cores, memoryBytes] = [offer.cores, offer.memoryBytes];
  let shares = false;
  for (const slot of slots) {
    const used = demandOn(lab, slot);
    if (used.cores === 0 && used.memoryBytes === 0) continue;
    shares = true;
    cores -= used.cores;
    memoryBytes -= used.memoryBytes;
  }
  const room = Math.min(fits(cores, wanted.cores), fits(memoryBytes, wanted.memoryBytes));
  return shares ? Math.max(0, room) : Math.max(1, room);
}

/** Returns whether the slot may begin a trial of the study: it runs others, or there is room. */
export function hasRoom(lab: LabState, study: Study, slot: Slot): boolean {
  const inTurn = !lab.options.sideBySide(study.spec);
  return (
    (inTurn && slot.cohorts.some((cohort) => cohort.study === study)) ||
    roomOn(lab, study, slot.node.id) >= 1
  );
}

/** Resources that the slot's outstanding cohorts need, in turn or side by side. */
function demandOn(lab: LabState, { cohorts }: Slot): Demand {
  let [cores, memoryBytes] = [0, 0];
  for (const { study } of cohorts) {
    const demand = lab.options.demandOf(study.spec);
    const beside = lab.options.sideBySide(study.spec);
    cores = beside ? cores + demand.cores : Math.max(cores, demand.cores);
    memoryBytes = beside
      ? memoryBytes + demand.memoryBytes
      : Math.max(memoryBytes, demand.memoryBytes);
  }
  return { cores, memoryBytes };
}

function fits(left: number, each: number): number {
  return each === 0 ? Infinity : Math.floor(left / each);
}
