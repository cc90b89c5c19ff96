/**
 * Remaining work of a running study and the lanes it runs on, as input of the time estimate
 * (`analysis/time-left.ts`).
 */
import type { Duration, LaneNow } from '../analysis/duration-model.ts';
import { deviceOfSlot } from '../device.ts';
import { poolOf } from '../analysis/lifelines.ts';
import type { Workload } from '../analysis/time-left.ts';
import { studyCredits } from './credits.ts';
import { generationEnd, lanesFor, mostTrials } from './packing.ts';
import type { LabState, Slot, Study } from './state.ts';
import type { SlotName } from './words.ts';

/**
 * Lanes occupied by another study's trials count as that study's; idle lanes count for every study.
 * @param now on the coordinator's clock
 * @param durations of the study's ended trials, oldest first; `kind` as named by `kindOf`
 * @param kindOf slots of one kind are equally fast
 */
export function workloadOf(
  lab: LabState,
  study: Study,
  now: number,
  durations: readonly Duration[],
  kindOf: (slot: SlotName) => string = deviceOfSlot,
): Workload {
  const lanes: LaneNow[] = [];
  const begun = new Set<number>();
  for (const slot of lab.slots.values()) {
    if (lab.free.capacity(slot) > 0)
      lanes.push(...lanesAt(lab, study, slot, now, kindOf(slot.name), begun));
  }
  const size = study.columns.size;
  const most = mostTrials(study);
  const unborn = Math.max(0, most - size);
  const generation = poolOf(study.sampler)?.generation ?? null;
  const { target, activeMs: limit } = study.limits;
  const used =
    study.activeMs + (study.activeSince === null ? 0 : Math.max(0, now - study.activeSince));
  return {
    unstarted: most === Infinity ? null : unborn + waitingBelow(study, begun, study.limit),
    lanes,
    durations,
    generation:
      generation === null
        ? null
        : { size: generation, unstarted: unstartedOf(study, begun, generation, most) },
    limitMs: limit === null ? null : Math.max(0, limit - used),
    target: target !== null,
  };
}

/** @param begun receives the study's trials that run there */
function lanesAt(
  lab: LabState,
  study: Study,
  slot: Slot,
  now: number,
  kind: string,
  begun: Set<number>,
): readonly LaneNow[] {
  const { group } = slot.free;
  const room = group === null ? 0 : lanesFor(lab, study, group);
  const [first] = slot.cohorts;
  if (group !== null && lab.options.sideBySide(study.spec)) {
    if (first !== undefined && first.study !== study) return [];
    for (const { attempts } of slot.cohorts) for (const { id } of attempts) begun.add(id.number);
    const count = Math.max(slot.cohorts.length, studyCredits(lab, study, slot.node, group.device));
    return Array.from({ length: count }, (_, lane) => {
      const cohort = slot.cohorts[lane];
      return { kind, elapsedMs: cohort === undefined ? null : lab.now - cohort.sentAt };
    });
  }
  if (first === undefined) return Array.from({ length: room }, () => ({ kind, elapsedMs: null }));
  if (first.study !== study) return [];
  const elapsedMs = Math.max(0, now - (first.startedAt ?? first.sentAt));
  // Of short trials that share a cohort, as many run at once as there are lanes; the others wait.
  const running = first.attempts
    .filter(({ cohort, state }) => cohort === first && state !== 'revoked')
    .slice(0, room);
  for (const { id } of running) begun.add(id.number);
  return Array.from({ length: room }, (_, lane) => ({
    kind,
    elapsedMs: lane < running.length ? elapsedMs : null,
  }));
}

/**
 * Number of open trials below `number` that do not run on a lane, including those assigned to a
 * silent worker.
 */
function waitingBelow(study: Study, begun: ReadonlySet<number>, number: number): number {
  let count = 0;
  for (const [open, { paused }] of study.open)
    if (open < number && !paused && !begun.has(open)) count += 1;
  return count;
}

/** Number of trials of the first unfinished generation that have not started. */
function unstartedOf(
  study: Study,
  begun: ReadonlySet<number>,
  generation: number,
  most: number,
): number {
  const end = generationEnd(study, generation, most);
  return Math.max(0, end - study.columns.size) + waitingBelow(study, begun, end);
}
