/**
 * Decides how many trials of a study a slot trains together, and how waiting trials are shared out
 * among devices of different speed.
 *
 * - Few lanes search better, many finish sooner: a cohort of L trials sees no result of its own L.
 *   On the recorded tables of `bench -- search`, up to an eighth of the budget costs nothing.
 * - A device gets trials in proportion to its measured speed, so that all devices end together.
 * - A slot starts nothing that faster devices of its node would finish before it. Beyond nodes,
 *   second attempts serve that purpose (`second-attempts.ts`).
 */
import { poolOf } from '../analysis/lifelines.ts';
import { isSelected } from '../device.ts';
import type { Sampler } from '../samplers/sampler.ts';
import type { Packing, StudySpec } from '../study/study-spec.ts';
import type { SlotGroup } from './free-slots.ts';
import { lacking } from './serving.ts';
import type { LabState, Slot, Study } from './state.ts';

/** Number of lanes that costs no study anything, however small its budget. */
export const FEW_LANES = 8;
/** A cohort of at most this share of the budget does not impair the search. */
const SHARE_OF_BUDGET = 8;
/** Greatest number of lanes of which two cohorts are still few. */
const QUEUED_LANES = FEW_LANES / 2;

/** Slots for which one decision holds: those of a group are alike. */
export type Group = Pick<SlotGroup<Slot>, 'device' | 'node' | 'kind' | 'model' | 'lanes'>;

/**
 * Returns whether a slot of the group takes trials of the study: it may run them, and they are not
 * left to faster devices.
 */
export function takesTrials(lab: LabState, study: Study, group: Group): boolean {
  if (!mayRun(lab, study, group)) return false;
  const left = isLeftToFaster(lab, study, group);
  if (left) lab.dispatched.leftToFaster = true;
  return !left;
}

/** Returns whether the study runs and has a trial that could start now. */
export function hasWaiting(study: Study): boolean {
  return study.state === 'running' && (study.waiting.first ?? Infinity) < study.limit;
}

/**
 * Returns whether the device can evaluate the study's trials and is one that the study selects, and
 * whether its node lacks nothing for them.
 */
export function mayRun(lab: LabState, study: Study, group: Omit<Group, 'lanes'>): boolean {
  const { spec } = study;
  return (
    lab.options.runsOn(spec, group.kind, group.node) &&
    isChosen(spec, group.device) &&
    lacking(lab, study, group) === null
  );
}

/** @param device `<node>/<device>` */
export function isChosen({ devices }: StudySpec, device: string): boolean {
  return devices === undefined || isSelected(devices, device.slice(device.indexOf('/') + 1));
}

/** Returns whether at least two slots may be given the study's trials, free or not. */
export function hasAlternative(lab: LabState, study: Study): boolean {
  let count = 0;
  for (const group of lab.free.groups) {
    if (mayRun(lab, study, group)) count += group.slots.size;
    if (count > 1) return true;
  }
  return false;
}

/** Number of trials of the study that a slot of the group trains together. */
export function lanesFor(
  { options }: LabState,
  study: Study,
  { device, lanes }: Pick<Group, 'device' | 'lanes'>,
): number {
  const wanted = study.speeds.get(device)?.lanesWanted ?? Infinity;
  return Math.min(lanes, options.mostLanes(study.spec), wanted, searchLanes(study));
}

/** Greatest number of lanes that does not impair the search. */
function searchLanes({ sampler, spec, limit, columns }: Study): number {
  // Without a budget, the trials so far stand for it: the more there are, the less a cohort costs.
  return lanesForSearch(sampler, spec.packing, limit === Infinity ? columns.size : limit);
}

/**
 * Greatest number of lanes of a study; ∞: as many as fill the device.
 * @param budget number of trials
 */
export function lanesForSearch(
  { barrier }: Pick<Sampler, 'barrier'>,
  packing: Packing = 'fewer-evaluations',
  budget: number,
): number {
  if (barrier !== null || packing === 'sooner') return Infinity;
  return Math.max(FEW_LANES, Math.floor(budget / SHARE_OF_BUDGET));
}

/**
 * Number of trials that the lab's slots can train at a time for a study before its first result.
 * @param budget number of trials; Infinity: no limit
 */
export function trialsAtOnce(lab: LabState, spec: StudySpec, budget: number): number {
  const search = lanesForSearch({ barrier: null }, spec.packing, budget);
  const lanes = Math.min(search, lab.options.mostLanes(spec));
  let count = 0;
  for (const group of lab.free.groups) {
    if (lab.options.runsOn(spec, group.kind, group.node) && isChosen(spec, group.device))
      count += group.slots.size * Math.min(group.lanes, lanes);
  }
  return count;
}

/** Trials per lane with which a search on many lanes does about as well as one on few. */
const TRIALS_PER_LANE = 2;

/**
 * Number of trials after which a search whose proposals depend on results has about the result that
 * few lanes have after `trials`; from the recorded tables of `bench -- search`.
 */
export function trialsForSameResult(trials: number, lanes: number): number {
  return lanes <= Math.max(FEW_LANES, trials / SHARE_OF_BUDGET)
    ? trials
    : Math.max(trials, TRIALS_PER_LANE * lanes);
}

/**
 * Returns whether another cohort of the study may wait behind a running one on such a slot: where
 * they are short, so that it hides the latency of the commit. True while their duration is unknown,
 * but not for many lanes, whose proposals would be two cohorts old, and not on nodes, of which one
 * may be much slower than the others.
 */
export function mayQueue(lab: LabState, study: Study, group: Group): boolean {
  const { options, nodes } = lab;
  if (options.sideBySide(study.spec)) return true;
  const known = cohortMs(study, group);
  const unknown = known === null && study.durations.count === 0;
  if (unknown && (nodes.get(group.node)?.link ?? 0) > 0) return false;
  if (lanesFor(lab, study, group) > QUEUED_LANES)
    return (known ?? Infinity) < options.queueLanesBelowMs;
  return (known ?? study.durations.value) < options.queueBelowMs;
}

/**
 * Number of waiting trials that a slot may take so that every slot that could take one now gets its
 * share: in proportion to the measured trials per second, or to the lanes where a speed is unknown.
 * Trials for which other slots have no room are added.
 * @param most trials that a slot of a group takes at once
 */
export function shareOf(
  lab: LabState,
  study: Study,
  slot: Slot,
  most: (group: Group) => number,
): number {
  const waiting = study.waiting.size;
  const peers: {
    readonly group: SlotGroup<Slot>;
    readonly count: number;
    readonly room: number;
  }[] = [];
  const { bucket } = slot.free;
  for (const group of bucket === 0 ? lab.free.idle : lab.free.open) {
    const count = group.counts[bucket] ?? 0;
    if (count > 0 && (group === slot.free.group || takesTrials(lab, study, group)))
      peers.push({ group, count, room: most(group) });
  }
  const [first] = peers;
  if (first !== undefined && peers.length === 1) return Math.ceil(waiting / first.count);
  const speeds = peers.map(({ group }) => trialsPerMs(study, group));
  const known = speeds.every((speed) => speed !== null);
  const weights = peers.map(({ room }, i) => (known ? (speeds[i] ?? 0) : room));
  const total = peers.reduce((sum, { count }, i) => sum + count * (weights[i] ?? 0), 0);
  const portion = (i: number): number => Math.ceil((waiting * (weights[i] ?? 0)) / total);
  const own = peers.findIndex(({ group }) => group === slot.free.group);
  if (own < 0 || !(total > 0)) return waiting;
  let others = 0;
  for (const [i, { count, room }] of peers.entries())
    others += (i === own ? count - 1 : count) * Math.min(room, portion(i));
  return Math.max(portion(own), waiting - others);
}

function trialsPerMs({ speeds }: Study, { device }: Group): number | null {
  const speed = speeds.get(device);
  return speed === undefined || speed.trialMs.count === 0 ? null : 1 / speed.trialMs.value;
}

/**
 * Returns whether faster devices would finish all trials that are left before a slot of this group
 * finished one cohort. False where a speed is unknown. Running studies are expected to share the
 * faster devices equally.
 */
export function isLeftToFaster(lab: LabState, study: Study, group: Group): boolean {
  if (study.speeds.size < 2) return false;
  const ownMs = cohortMs(study, group) ?? 0;
  const faster = fasterGroups(lab, study, group);
  if (faster.length === 0) return false;
  const left = unstarted(study);
  if (left === 0 || left === Infinity) return false;
  let rivals = 0;
  for (const { state } of lab.active) rivals += Number(state === 'running');
  let done = 0;
  for (const group of faster) {
    const ms = cohortMs(study, group) ?? Infinity;
    const lanes = lanesFor(lab, study, group);
    for (const slot of group.slots)
      done += Math.max(0, Math.floor((ownMs - busyMs(lab, slot)) / ms)) * lanes;
    if (done >= left * rivals) return true;
  }
  return false;
}

/** Groups of other devices of its node whose cohorts of the study take less time. */
export function fasterGroups(
  { free }: LabState,
  study: Study,
  own: Group,
): readonly SlotGroup<Slot>[] {
  const ownMs = cohortMs(study, own) ?? 0;
  return [...free.ofNode(own.node)].filter((group) => {
    const ms = group.device === own.device ? null : cohortMs(study, group);
    return ms !== null && ms > 0 && ms < ownMs;
  });
}

/** Milliseconds of a cohort of the study; null: unknown. */
function cohortMs({ speeds }: Study, { device }: Group): number | null {
  const speed = speeds.get(device);
  return speed === undefined || speed.cohortMs.count === 0 ? null : speed.cohortMs.value;
}

/**
 * Number of trials that could start now or later without waiting for others: of a generation those
 * that it still lacks.
 */
function unstarted(study: Study): number {
  const most = mostTrials(study);
  const generation = poolOf(study.sampler)?.generation ?? null;
  const end = generation === null ? most : generationEnd(study, generation, most);
  return Math.max(0, end - study.columns.size) + study.waiting.size;
}

/** Number of trials that the study can have; ∞: no limit. */
export function mostTrials({ columns, exhausted, limit, sampler }: Study): number {
  return exhausted ? columns.size : Math.min(limit, sampler.size ?? Infinity);
}

/** The number after the last trial of the first unfinished generation. */
export function generationEnd({ frontier }: Study, generation: number, most: number): number {
  return Math.min(most, (Math.floor(frontier / generation) + 1) * generation);
}

/**
 * Milliseconds until the slot's outstanding cohorts should have ended; one that is late is expected
 * to take as long again. ∞: unknown.
 */
function busyMs(lab: LabState, { cohorts, free }: Slot): number {
  let ms = 0;
  for (const { study, startedAt } of cohorts) {
    const expected = (free.group === null ? null : cohortMs(study, free.group)) ?? Infinity;
    ms += startedAt === null ? expected : Math.abs(expected - (lab.now - startedAt));
  }
  return ms;
}
