/**
 * Typical rows of the lab's stream for tests of the window, with the fields that a test overrides.
 */
import type { LabBody } from '../../src/protocol/window/lab-stream.ts';
import type { SlotRow } from '../../src/protocol/window/lab-stream.ts';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import type { NodeRow, OwnerBody } from '../../src/protocol/window/nodes.ts';
import type { NodeInventory } from '../../src/protocol/window/telemetry.ts';
import type { StudyHead, StudyRow } from '../../src/protocol/window/study-stream.ts';

export function studyRow(given: Partial<StudyRow> = {}): StudyRow {
  return {
    uid: given.key ?? 'a',
    key: 'a',
    name: 'MNIST, small conv',
    note: '',
    deleted: false,
    state: 'finished',
    reason: null,
    direction: 'maximize',
    metric: 'accuracy',
    split: 'validation',
    counts: { waiting: 0, paused: 0, running: 0, complete: 0, pruned: 0, failed: 0, diverged: 0 },
    limits: { trials: 64, minutes: null, target: null },
    best: null,
    staircase: { ended: [], trials: [], values: [], activeMs: [] },
    created: 0,
    confirms: null,
    tests: false,
    settled: null,
    ...given,
  };
}

export function studyHead(given: Partial<StudyHead> = {}): StudyHead {
  return {
    ...studyRow(given),
    activeMs: 0,
    at: 0,
    since: null,
    timeLeft: { unknown: 'too-few', needed: 5 },
    trialsPerMinute: null,
    searched: null,
    parameters: [],
    operators: [],
    slots: [],
    executors: [],
    epochs: null,
    trains: false,
    statesSeed: false,
    epochSamples: null,
    chance: null,
    notes: [],
    trials: 0,
    ...given,
  };
}

export function labHead(
  given: Partial<NonNullable<LabBody['lab']>> = {},
): NonNullable<LabBody['lab']> {
  return {
    file: 'lab.db',
    name: 'lab.db',
    interrupted: [],
    stalled: null,
    failed: null,
    damaged: null,
    untouched: false,
    ...given,
  };
}

export function slotRow(given: Partial<SlotRow> = {}): SlotRow {
  return {
    slot: 'local/cpu/0',
    node: 'local',
    device: 'cpu',
    state: 'ready',
    until: null,
    reason: null,
    lanes: 1,
    lanesTaken: null,
    lanesFull: null,
    pid: null,
    rssBytes: null,
    executor: null,
    running: [],
    idle: null,
    ...given,
  };
}

/** A node that is present and idle. */
export function nodeRow(given: Partial<NodeRow> = {}): NodeRow {
  return {
    id: 'npixel',
    name: 'PIXEL',
    presence: 'present',
    mode: 'open',
    by: null,
    since: 0,
    left: null,
    release: '0.4.0',
    system: 'Ubuntu 24.04',
    slots: [nodeSlot('npixel/gpu/0/0'), nodeSlot('npixel/cpu/0')],
    load: 12,
    rttMs: 0.4,
    offsetMs: 3,
    datasets: [],
    refusals: [],
    limits: NO_LIMITS,
    held: null,
    packages: [],
    hoursFrom: null,
    ...given,
  };
}

/** A worker of a node, idle unless it is given a trial. */
export function nodeSlot(
  slot: string,
  given: Partial<NodeRow['slots'][number]> = {},
): NodeRow['slots'][number] {
  const device = slot.slice(slot.indexOf('/') + 1, slot.lastIndexOf('/'));
  return { slot, device, state: 'ready', trial: null, untilMs: null, ...given };
}

/** This machine, in no other lab. */
export function ownerBody(given: Partial<OwnerBody> = {}): OwnerBody {
  return {
    cannotJoin: null,
    phase: 'none',
    address: null,
    host: null,
    lab: null,
    digits: null,
    reason: null,
    link: null,
    running: 0,
    limits: NO_LIMITS,
    devices: [
      { device: 'gpu/0', name: 'NVIDIA RTX 4090' },
      { device: 'cpu', name: 'AMD Ryzen 9 7950X' },
    ],
    idleSource: 'GNOME',
    idleUnknown: null,
    ...given,
  };
}

export function nodeInventory(given: Partial<NodeInventory> = {}): NodeInventory {
  return {
    node: 'npixel',
    name: 'pixel',
    thisMachine: false,
    system: 'Ubuntu 24.04',
    processor: 'AMD Ryzen 9 7950X',
    cores: 32,
    memoryBytes: 64e9,
    executors: [{ name: 'wasm', usable: true, label: 'wasm-fma' }],
    devices: [],
    devicesUnknown: null,
    ...given,
  };
}
