/**
 * Second attempts of a running trial: at most two are live, never two on one node, and the first
 * that ends it wins. A rescue replaces attempts whose nodes are away or have not come back after a
 * restart of the host; such a trial waits in number order with the others. A straggler is started
 * on an idle slot that is expected to finish it much sooner.
 */
import { lanesFor, mayRun } from './packing.ts';
import type { Attempt, LabState, OpenTrial, Slot, Study } from './state.ts';

/** A second attempt is started where it would take this many times less than what is left. */
const MARGIN = 1.25;
/** Least part of the expected duration that an attempt is assumed to have left. */
const LEAST_LEFT = 0.25;

/**
 * Returns whether nothing can be asked of the attempt's worker: its node is away, it is held, or it
 * has not said hello since the restart of this process.
 */
function isAway({ cohort, unheard }: Attempt): boolean {
  if (cohort === null) return unheard;
  const { node, heldSince } = cohort.slot;
  return node.presence === 'away' || heldSince !== null;
}

/**
 * Returns whether all live attempts of a running trial are away. One that a pruner has stopped
 * needs no other attempt.
 */
export function needsRescue(trial: OpenTrial): boolean {
  const { state, live, verdict } = trial;
  if (verdict !== null || state !== 'running' || pausesAtRungs(trial.study)) return false;
  return live.length > 0 && live.every(isAway);
}

/**
 * Returns whether trials of the study go on from checkpoints. These are on one machine, so that no
 * other could run a second attempt.
 */
function pausesAtRungs({ pruning }: Study): boolean {
  return pruning?.pruner.promotion !== undefined;
}

/**
 * After a change of a running trial's attempts or of their nodes: it waits for a rescue, or not.
 */
export function requeue(trial: OpenTrial): void {
  if (trial.state !== 'running') return;
  if (needsRescue(trial)) trial.study.waiting.add(trial);
  else trial.study.waiting.remove(trial);
}

/** Returns whether a live attempt of the trial is on the node. */
export function runsOn({ live }: OpenTrial, node: string): boolean {
  return live.some((attempt) => attempt.node === node);
}

interface Candidate {
  readonly trial: OpenTrial;
  readonly leftMs: number;
}

/**
 * Starts second attempts on idle slots that nothing waits for and no sampler can be asked for.
 * O(running trials) a call, and O(1) where no slot is idle.
 * @param send assigns the trials to the slot as a cohort
 */
export function startStragglers(
  lab: LabState,
  send: (study: Study, slot: Slot, trials: readonly OpenTrial[]) => void,
): void {
  if (!lab.options.stragglers || lab.nodes.size < 2 || lab.free.idle.size === 0) return;
  if (lab.storageError !== null) return;
  const studies = [...lab.active].filter(
    (study) => study.state === 'running' && !pausesAtRungs(study),
  );
  if (studies.length === 0 || studies.some(canAsk)) return;
  const candidates = new Map(studies.map((study) => [study, candidatesOf(lab, study)]));
  if (![...candidates.values()].some(({ length }) => length > 0)) return;
  const tried: Slot[] = [];
  for (let slot = lab.free.take(true); slot !== null; slot = lab.free.take(true)) {
    const found = bestFor(lab, slot, candidates);
    if (found === null) {
      tried.push(slot);
      // The slots come fastest first, so that slower ones find nothing either, unless this one runs
      // the other attempt itself.
      if (!isExcluded(slot, candidates)) break;
    } else {
      for (const trial of found.trials) remove(candidates.get(found.study) ?? [], trial);
      send(found.study, slot, found.trials);
    }
  }
  for (const slot of tried) lab.free.putBack(slot);
}

/** Returns whether the study's sampler is asked, or can be once a slot is free. */
export function canAsk(study: Study): boolean {
  const { asking, exhausted, sampler, columns, limit, frontier } = study;
  if (asking !== null) return true;
  const first = columns.size;
  if (exhausted || first >= limit) return false;
  return sampler.barrier === null || frontier >= sampler.barrier(first);
}

/** Trials that may be started a second time, those with the most left to do first. */
function candidatesOf(lab: LabState, study: Study): Candidate[] {
  const found: Candidate[] = [];
  for (const trial of study.open.values()) {
    const [attempt] = trial.live;
    if (trial.live.length !== 1 || attempt?.state !== 'open' || trial.number >= study.limit)
      continue;
    const { crashes, deaths, memoryFailures, laneCap, queued } = trial;
    if (queued || crashes > 0 || deaths > 0 || memoryFailures > 0 || laneCap > 0) continue;
    const leftMs = leftOf(lab, attempt);
    if (leftMs !== null) found.push({ trial, leftMs });
  }
  return found.sort((a, b) => b.leftMs - a.leftMs || a.trial.number - b.trial.number);
}

/** Milliseconds that an attempt has left where it runs; null: unknown. */
function leftOf(lab: LabState, { cohort }: Attempt): number | null {
  if (cohort === null) return null;
  const { slot } = cohort;
  let left = 0;
  for (const each of slot.cohorts) {
    const expected = each.study.attemptMs.expected(slot.name, slot.model);
    if (expected === null) return null;
    const elapsed = each.startedAt === null ? 0 : lab.now - each.startedAt;
    left += Math.max(expected - elapsed, expected * LEAST_LEFT);
    if (each === cohort) break;
  }
  return left;
}

function bestFor(
  lab: LabState,
  slot: Slot,
  candidates: ReadonlyMap<Study, readonly Candidate[]>,
): { readonly study: Study; readonly trials: readonly OpenTrial[] } | null {
  const { group } = slot.free;
  if (group === null) return null;
  for (const [study, list] of candidates) {
    if (!mayRun(lab, study, group)) continue;
    const ms = study.attemptMs.expected(slot.name, slot.model);
    if (ms === null) continue;
    const needs = MARGIN * ms + (slot.node.rttMs ?? 0);
    const lanes = lanesFor(lab, study, group);
    const trials: OpenTrial[] = [];
    for (const { trial, leftMs } of list) {
      if (needs >= leftMs || trials.length >= lanes) break;
      const alike = trials[0] === undefined || trials[0].shapeKey === trial.shapeKey;
      if (alike && !runsOn(trial, slot.node.id)) trials.push(trial);
    }
    if (trials.length > 0) return { study, trials };
  }
  return null;
}

/** Returns whether one of the trials with the most left runs on the slot's own node. */
function isExcluded(slot: Slot, candidates: ReadonlyMap<Study, readonly Candidate[]>): boolean {
  for (const [first] of candidates.values())
    if (first !== undefined && runsOn(first.trial, slot.node.id)) return true;
  return false;
}

function remove(list: Candidate[], trial: OpenTrial): void {
  const at = list.findIndex((candidate) => candidate.trial === trial);
  if (at >= 0) list.splice(at, 1);
}
