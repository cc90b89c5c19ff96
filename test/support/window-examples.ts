/**
 * Typical rows of the lab's stream for tests of the window, with the fields that a test overrides.
 */
import type { LabBody } from '../../src/protocol/window/lab-stream.ts';
import type { SlotRow } from '../../src/protocol/window/lab-stream.ts';
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
    counts: { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0, diverged: 0 },
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
