/**
 * Decides when audits run: on slots that no waiting trial can use, in the order in which their
 * trials ended. One that is in the way of a trial is taken back at once.
 */
import { dropAudits } from './audit-verdicts.ts';
import { mayAudit, takeBackAudit } from './audits.ts';
import type { Group } from './packing.ts';
import { hasWaiting, lanesFor, takesTrials } from './packing.ts';
import { runsOn } from './second-attempts.ts';
import type { Attempt, Audit, LabState, Slot, Study } from './state.ts';

/**
 * Starts due audits on free slots. O(1) where none is due.
 * @param mayWait whether a cohort of the study may wait behind those of the slot
 * @param send gives the audits to the slot as a cohort
 */
export function startAudits(
  lab: LabState,
  mayWait: (study: Study, slot: Slot, group: Group) => boolean,
  send: (study: Study, slot: Slot, audits: readonly Audit[]) => void,
): void {
  if (lab.audited.size === 0 || lab.storageError !== null) return;
  const tried: Slot[] = [];
  for (let slot = lab.free.take(); slot !== null; slot = lab.free.take()) {
    const found = next(lab, slot, mayWait);
    if (found === null) tried.push(slot);
    else send(found.study, slot, found.audits);
  }
  for (const slot of tried) lab.free.putBack(slot);
}

/** Audits for a free slot, of one study; null: none may run there now. */
function next(
  lab: LabState,
  slot: Slot,
  mayWait: (study: Study, slot: Slot, group: Group) => boolean,
): { readonly study: Study; readonly audits: readonly Audit[] } | null {
  const { group } = slot.free;
  if (group === null || slot.state !== 'ready' || isWanted(lab, slot)) return null;
  for (const study of lab.audited) {
    if (study.state !== 'running') continue;
    if (slot.cohorts.length > 0 && !mayWait(study, slot, group)) continue;
    const may = study.audits.due.filter((audit) => mayAudit(lab, audit, group));
    const key = may[0]?.trial.shapeKey;
    const alike = may.filter(({ trial }) => trial.shapeKey === key);
    if (alike.length > 0) return { study, audits: alike.slice(0, lanesFor(lab, study, group)) };
  }
  return null;
}

/** Returns whether a waiting trial could run on the slot. */
function isWanted(lab: LabState, slot: Slot): boolean {
  const { group } = slot.free;
  if (group === null) return false;
  for (const study of lab.active) {
    if (!hasWaiting(study) || !takesTrials(lab, study, group)) continue;
    const fits = study.waiting.some(
      study.limit,
      (trial) => trial.avoid !== slot.name && !runsOn(trial, slot.node.id),
    );
    if (fits) return true;
  }
  return false;
}

/**
 * After the dispatch of a step: takes audits back that are in the way of a trial, whose slot may
 * not be given work any more, or whose study does not run; gives up those that cannot run.
 */
export function tendAudits(lab: LabState): void {
  for (const attempt of lab.audits) {
    const reason = reasonAgainst(lab, attempt);
    if (reason !== null) takeBackAudit(lab, attempt, reason);
  }
  for (const study of lab.audited) {
    const { state, audits } = study;
    const isOver = state === 'ending' || state === 'finished';
    // After a restart of this process, the nodes connect one after another.
    const isAlone = hasAllTrials(study) && lab.adoptionEnds === null;
    if (isOver || (isAlone && !audits.due.some((audit) => mayStillRun(lab, audit))))
      dropAudits(lab, study);
    if (audits.due.length === 0) lab.audited.delete(study);
  }
}

/** Returns whether all trials of the study have ended and no other will be proposed. */
function hasAllTrials({ wanted, columns, limit, exhausted }: Study): boolean {
  return wanted === 0 && (columns.size >= limit || exhausted);
}

/**
 * Returns whether a slot, free or not, may evaluate the audit's trial, and no trial waits for it.
 */
function mayStillRun(lab: LabState, audit: Audit): boolean {
  for (const group of lab.free.groups) {
    if (!mayAudit(lab, audit, group)) continue;
    for (const slot of group.slots) if (!isWanted(lab, slot)) return true;
  }
  return false;
}

function reasonAgainst(lab: LabState, { cohort, trial: { study } }: Attempt): string | null {
  if (cohort === null) return null;
  const { slot } = cohort;
  if (study.state !== 'running') return study.state;
  if (slot.withheld || slot.state !== 'ready') return 'its slot is not given work now';
  return isWanted(lab, slot) ? 'a trial waits' : null;
}

/**
 * Number of trials of the study that could run in place of the running audits: those of a new study
 * or of a generation that can begin. Other studies share the slots with their own audits.
 * @param historyLength of the study's next trial
 */
export function lanesOfAudits(lab: LabState, study: Study, historyLength: number): number {
  if (lab.audits.size === 0 || study.open.size > 0) return 0;
  const begins = study.sampler.barrier !== null && historyLength > 0;
  if (!begins && [...lab.audits].some(({ trial }) => trial.study === study)) return 0;
  const slots = new Set(
    [...lab.audits].flatMap(({ cohort }) => (cohort === null ? [] : [cohort.slot])),
  );
  let lanes = 0;
  for (const { free, cohorts } of slots) {
    const audited = cohorts.every(({ attempts }) => attempts.some(({ audit }) => audit !== null));
    if (audited && free.group !== null && takesTrials(lab, study, free.group))
      lanes += lanesFor(lab, study, free.group);
  }
  return lanes;
}
