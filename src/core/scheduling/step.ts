/**
 * The scheduler: `step(lab, event)` owns and mutates the lab's state and returns instructions. It
 * is deterministic: no clock, randomness or I/O, so the same events give the same instructions. One
 * step is one transaction: its writes are one `persist`, the first instruction. Instructions are
 * released in the order of the list; those that other processes can observe wait for the commit of
 * all earlier writes (`passesBeforeCommit`).
 */
import { parseSlot } from '../device.ts';
import { searchEdited } from './search-edits.ts';
import { askSamplers, enqueueTrial, exhausted, proposed, samplerFailed } from './asking.ts';
import { tendAudits } from './audit-dispatch.ts';
import { endUnreachable } from './away.ts';
import { clock, setWake } from './clock.ts';
import { dispatch } from './dispatch.ts';
import type { Event } from './events.ts';
import { exited } from './exits.ts';
import type { Instruction } from './instructions.ts';
import { beat, leaving, protocolError } from './liveness.ts';
import { finishDrainingNodes, nodeMode } from './node-modes.ts';
import { tendWorkers } from './node-workers.ts';
import { nodeHas, nodeJoined, nodeLeft, nodePulse, nodeRemoved } from './nodes.ts';
import { promoteTrials } from './pausing.ts';
import { keepOneUsable } from './quarantine.ts';
import { report } from './reports.ts';
import { result } from './results.ts';
import { opening } from './resume.ts';
import { hello } from './sessions.ts';
import { finishDraining, slotDrained, slotOffered, slotReleased } from './slot-commands.ts';
import type { LabState } from './state.ts';
import { showLab, takeInstructions } from './step-output.ts';
import { settleStudies } from './stop-rules.ts';
import { saveActiveTime } from './studies.ts';
import {
  endedElsewhere,
  studyCreated,
  studyEdited,
  studyPaused,
  studyResumed,
  studyStopped,
  trialCancelled,
} from './study-commands.ts';
import { studyDescribed, studyRemoved } from './study-descriptions.ts';
import { InvalidTransition } from './transitions.ts';
import type { SlotName } from './words.ts';

/**
 * @throws InvalidTransition if the lab is strict; otherwise drops the event and reports an anomaly
 */
export function step(lab: LabState, event: Event): Instruction[] {
  begin(lab, event);
  try {
    take(lab, event);
    finish(lab);
  } catch (error) {
    if (!(error instanceof InvalidTransition) || lab.options.strict) throw error;
    // Half a step must not reach the file: its contents stay consistent, and a restart continues
    // from them.
    takeInstructions(lab);
    showLab(lab, { kind: 'anomaly', error: error.message });
  }
  return takeInstructions(lab);
}

/**
 * As `step` of `opened`, yielding after each piece of trials. No other event may be stepped before
 * it is done.
 */
export function* stepOpening(
  lab: LabState,
  event: Extract<Event, { type: 'opened' }>,
): Generator<void, Instruction[]> {
  begin(lab, event);
  yield* opening(lab, event);
  finish(lab);
  return takeInstructions(lab);
}

function begin(lab: LabState, event: Event): void {
  lab.now = Math.max(lab.now, event.at);
  lab.seq += 1;
  lab.event = event.type;
  lab.because = event.because;
}

/** Effects of the event itself. */
function take(lab: LabState, event: Event): void {
  const absent = senderOfAbsentNode(lab, event);
  if (absent !== null) {
    lab.refusals.add('staleSession', absent);
    return;
  }
  switch (event.type) {
    case 'opened':
      Array.from(opening(lab, event));
      return;
    case 'storageStalled':
      lab.storageError = event.error;
      showLab(lab, { kind: 'storageStalled', error: event.error });
      return;
    case 'storageBack':
      lab.storageError = null;
      showLab(lab, { kind: 'storageBack' });
      return;
    case 'endedElsewhere':
      endedElsewhere(lab, event);
      return;
    case 'clock':
      clock(lab);
      return;
    case 'studyCreated':
      studyCreated(lab, event);
      return;
    case 'studyEdited':
      studyEdited(lab, event);
      return;
    case 'searchEdited':
      searchEdited(lab, event);
      return;
    case 'studyPaused':
      studyPaused(lab, event);
      return;
    case 'studyResumed':
      studyResumed(lab, event);
      return;
    case 'studyStopped':
      studyStopped(lab, event);
      return;
    case 'studyDescribed':
      studyDescribed(lab, event);
      return;
    case 'studyRemoved':
      studyRemoved(lab, event);
      return;
    case 'trialCancelled':
      trialCancelled(lab, event);
      return;
    case 'trialEnqueued':
      enqueueTrial(lab, event);
      return;
    case 'slotOffered':
      slotOffered(lab, event);
      return;
    case 'slotDrained':
      slotDrained(lab, event);
      return;
    case 'slotReleased':
      slotReleased(lab, event);
      return;
    case 'proposed':
      proposed(lab, event);
      return;
    case 'exhausted':
      exhausted(lab, event);
      return;
    case 'samplerFailed':
      samplerFailed(lab, event);
      return;
    case 'hello':
      hello(lab, event);
      return;
    case 'beat':
      beat(lab, event);
      return;
    case 'leaving':
      leaving(lab, event);
      return;
    case 'result':
      result(lab, event);
      return;
    case 'report':
      report(lab, event);
      return;
    case 'malformed':
      lab.refusals.add('malformed', event.slot);
      protocolError(lab, event);
      return;
    case 'exited':
      exited(lab, event);
      return;
    case 'nodeJoined':
      nodeJoined(lab, event);
      return;
    case 'nodePulse':
      nodePulse(lab, event);
      return;
    case 'nodeLeft':
      nodeLeft(lab, event);
      return;
    case 'nodeMode':
      nodeMode(lab, event);
      return;
    case 'nodeRemoved':
      nodeRemoved(lab, event);
      return;
    case 'nodeHas':
      nodeHas(lab, event);
      return;
    default:
      event satisfies never;
  }
}

/**
 * Returns the slot of an event about a worker of a node that left, was lost or was removed; null
 * for all other events. Nothing can be answered; a node that returns joins first.
 */
function senderOfAbsentNode(lab: LabState, event: Event): SlotName | null {
  if (!('slot' in event) || !('incarnation' in event)) return null;
  const { slot } = event;
  return lab.nodes.get(parseSlot(slot).node)?.presence === 'absent' ? slot : null;
}

/** Common end of every step: moves slots and studies on, dispatches trials, asks samplers. */
function finish(lab: LabState): void {
  if (!isWithoutEffect(lab)) {
    finishDraining(lab);
    finishDrainingNodes(lab);
    keepOneUsable(lab);
    promoteTrials(lab);
    dispatch(lab);
    tendAudits(lab);
    endUnreachable(lab);
    settleStudies(lab);
    askSamplers(lab);
    tendWorkers(lab);
    lab.dispatched.free = lab.free.changes;
  }
  saveActiveTimes(lab);
  setWake(lab);
}

/** Returns whether the event was a message that changed no slot, as most beats and pulses do. */
function isWithoutEffect({ event, dispatched, free }: LabState): boolean {
  return (
    (event === 'beat' || event === 'nodePulse' || event === 'report') &&
    dispatched.free === free.changes &&
    !dispatched.leftToFaster
  );
}

/** Writes active times along with another commit from time to time. */
function saveActiveTimes(lab: LabState): void {
  if (lab.writes.length === 0) return;
  for (const study of lab.active) {
    if (study.activeSince === null) continue;
    const unsaved = study.activeMs + lab.now - study.activeSince - study.savedActiveMs;
    if (unsaved >= lab.options.saveActiveWithMs) saveActiveTime(lab, study);
  }
}
