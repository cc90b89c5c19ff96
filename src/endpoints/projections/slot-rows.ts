/**
 * Rows of the lab's slots for the window: state, running trials, idle reason. Computed from the
 * scheduler's state on request.
 */
import { parseSlot } from '../../core/device.ts';
import { lanesFor, mayRun } from '../../core/scheduling/packing.ts';
import type { Gap, IdleNow } from '../../core/scheduling/idle-watch.ts';
import type { LabState } from '../../core/scheduling/index.ts';
import type { GapRow, SlotRow } from '../../protocol/window/lab-stream.ts';
import type { CurrentLab } from '../current-lab.ts';

type Slot = LabState['slots'] extends Map<string, infer S> ? S : never;

export interface SlotSurroundings {
  /** Converts the coordinator's clock to milliseconds since 1970. */
  readonly wall: (at: number) => number;
  readonly idle: ReadonlyMap<string, IdleNow>;
  readonly pids: ReadonlyMap<string, number>;
  /** Executor of each slot's latest result. */
  readonly executors: ReadonlyMap<string, string>;
  /** Bytes by process id. */
  readonly memory: ReadonlyMap<number, number>;
}

/** Rows of the open lab. @param memory latest resident memory in bytes, by process id */
export function currentSlots(
  { lab, view }: Pick<CurrentLab, 'lab' | 'view'>,
  memory: ReadonlyMap<number, number>,
): SlotRow[] {
  return slotRows(lab.coordinator.lab, {
    wall: view.wall,
    idle: view.idle.now,
    executors: view.executors,
    pids: new Map(lab.workers.map(({ slot, pid }) => [slot, pid])),
    memory,
  });
}

export function slotRows(lab: LabState, surroundings: SlotSurroundings): SlotRow[] {
  return [...lab.slots.values()].map((slot) => slotRow(lab, slot, surroundings));
}

function slotRow(
  lab: LabState,
  slot: Slot,
  { wall, idle, pids, executors, memory }: SlotSurroundings,
): SlotRow {
  const { node, device } = parseSlot(slot.name);
  const pid = pids.get(slot.name) ?? null;
  const [running] = slot.cohorts;
  return {
    slot: slot.name,
    node,
    device,
    state: stateOf(slot),
    until: slot.quarantine === null ? null : wall(slot.quarantine.until),
    reason: slot.failures.at(-1)?.detail ?? null,
    lanes: slot.lanes,
    ...packingOf(lab, slot),
    pid,
    rssBytes: pid === null ? null : (memory.get(pid) ?? null),
    executor: executors.get(slot.name) ?? null,
    running: (running?.attempts ?? [])
      .filter((attempt) => attempt.cohort === running && attempt.state === 'open')
      .map(({ id }, lane) => ({
        study: id.study,
        trial: id.number,
        attemptNumber: id.attemptNumber,
        lane: lane % Math.max(1, slot.lanes),
      })),
    idle: idleOf(idle.get(slot.name), wall),
  };
}

/** Number of trials of its study, or of the next one, that the slot trains together. */
function packingOf(lab: LabState, slot: Slot): Pick<SlotRow, 'lanesTaken' | 'lanesFull'> {
  const { group } = slot.free;
  const study =
    slot.cohorts[0]?.study ??
    [...lab.active].find(
      (each) => each.state === 'running' && group !== null && mayRun(lab, each, group),
    );
  if (group === null || study === undefined) return { lanesTaken: null, lanesFull: null };
  const full = study.speeds.get(group.device)?.lanesWanted ?? Infinity;
  return {
    lanesTaken: lanesFor(lab, study, group),
    lanesFull: Number.isFinite(full) ? full : null,
  };
}

function stateOf(slot: Slot): SlotRow['state'] {
  if (slot.state !== 'absent') return slot.state;
  if (slot.drainedAt !== null) return 'drained';
  return (slot.supervision?.launched ?? null) === null ? 'absent' : 'starting';
}

/** Fields of a reason that are times. */
const INSTANTS = new Set(['since', 'until', 'startsAt']);

function idleOf(now: IdleNow | undefined, wall: (at: number) => number): SlotRow['idle'] {
  return now === undefined ? null : { since: wall(now.reasonSince), ...reasonOf(now.idle, wall) };
}

export function gapRow({ slot, from, to, idle }: Gap, wall: (at: number) => number): GapRow {
  return { slot, from: wall(from), to: wall(to), ...reasonOf(idle, wall) };
}

function reasonOf(
  idle: Gap['idle'],
  wall: (at: number) => number,
): Pick<GapRow, 'reason' | 'data'> {
  const { reason, ...data } = idle;
  const entries = Object.entries(data).map(([name, value]: [string, unknown]) => [
    name,
    INSTANTS.has(name) && typeof value === 'number' ? wall(value) : value,
  ]);
  return { reason, data: Object.fromEntries(entries) as Record<string, unknown> };
}
