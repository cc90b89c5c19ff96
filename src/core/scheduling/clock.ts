/**
 * Effects of time: ends leases, handles due timers, and sets the shell's one timer. A clock event
 * comes after all events that had arrived, so every message received by then has been handled.
 */
import { takeBackAudit } from './audits.ts';
import { expireNodes, heldDue, nextAway, nodeLostDue, silentDue } from './away.ts';
import { expireLeases, nextExpiry } from './liveness.ts';
import { endNodeGrace } from './node-modes.ts';
import { probeNode, release } from './node-quarantine.ts';
import { restDue } from './node-workers.ts';
import { revoke } from './recall.ts';
import { endAdoption, orphansUnheard } from './resume.ts';
import { recallDrained } from './slot-commands.ts';
import { helloIsDue } from './spawning.ts';
import type { LabState, Slot, Timer } from './state.ts';
import { emit } from './step-output.ts';
import { enforceRules } from './stop-rules.ts';
import { endGrace, saveActiveTime, watchActiveTime } from './studies.ts';
import { exceedsLimit } from './time-limits.ts';
import { endTrial } from './trial-end.ts';
import { endPruned } from './back.ts';

export function clock(lab: LabState): void {
  noticeStall(lab);
  expireLeases(lab);
  expireNodes(lab);
  for (let timer = lab.timers.due(lab.now); timer !== null; timer = lab.timers.due(lab.now))
    due(lab, timer);
}

/**
 * A clock event that comes late means that this process was stalled: silence and active time during
 * the stall do not count.
 */
function noticeStall(lab: LabState): void {
  const late = lab.wake === null ? 0 : lab.now - lab.wake;
  lab.wake = null;
  if (late <= lab.options.stallMs) return;
  lab.stalledMs += late;
  for (const study of lab.active)
    if (study.activeSince !== null) study.activeSince = Math.min(lab.now, study.activeSince + late);
}

function due(lab: LabState, timer: Timer): void {
  switch (timer.kind) {
    case 'trialDue':
      if (timer.trial.state === 'waiting' && timer.trial.notBefore <= lab.now)
        timer.trial.study.waiting.add(timer.trial);
      return;
    case 'grace':
      endGrace(lab, timer.study);
      return;
    case 'drainGrace':
      recallDrained(lab, timer.slot);
      return;
    case 'active': {
      const { study } = timer;
      if (study.activeDue !== timer.at || study.state !== 'running') return;
      saveActiveTime(lab, study);
      enforceRules(lab, study);
      if (study.activeSince !== null) watchActiveTime(lab, study);
      return;
    }
    case 'attemptTimeout':
      timeOutFirst(lab, timer.slot);
      return;
    case 'obey': {
      const { attempt } = timer;
      if (attempt.state !== 'revoked' || attempt.cohort === null) return;
      emit(lab, {
        do: 'killWorker',
        slot: attempt.slot,
        incarnation: attempt.incarnation,
        afterMs: 0,
      });
      return;
    }
    case 'unheard':
      orphansUnheard(lab, timer.since);
      return;
    case 'adoption': {
      if (lab.adoptionEnds === null) return;
      const at = lab.adoptionEnds + lab.stalledMs;
      if (at <= lab.now) endAdoption(lab);
      else lab.timers.add({ kind: 'adoption', at });
      return;
    }
    case 'quarantine':
      // Slots of a quarantined node wait until one of them has proved it.
      if (timer.slot.node.quarantine === null && timer.slot.quarantine?.until === timer.at)
        release(lab, timer.slot);
      return;
    case 'helloDue':
      helloIsDue(lab, timer.slot, timer.incarnation);
      return;
    case 'nodeLost':
      nodeLostDue(lab, timer.node, timer.since);
      return;
    case 'nodeGrace':
      endNodeGrace(lab, timer.node);
      return;
    case 'nodeQuarantine':
      if (timer.node.quarantine?.until === timer.at) probeNode(lab, timer.node);
      return;
    case 'silent':
      silentDue(lab, timer.slot, timer.since);
      return;
    case 'held':
      heldDue(lab, timer.slot, timer.since);
      return;
    case 'rest':
      restDue(lab);
      return;
    default:
      timer satisfies never;
  }
}

/**
 * Times out the attempts of the slot's first cohort if they exceed their limit; the worker should
 * have reported that itself.
 */
function timeOutFirst(lab: LabState, slot: Slot): void {
  const first = exceedsLimit(lab, slot);
  if (first === null) return;
  for (const attempt of first.attempts) {
    if (attempt.state !== 'open' && attempt.state !== 'recalled') continue;
    if (attempt.audit !== null) {
      takeBackAudit(lab, attempt, 'timedOut');
    } else if (attempt.trial.live.length > 1) {
      revoke(lab, attempt, 'timedOut', 'timedOut');
    } else if (attempt.trial.verdict !== null) endPruned(lab, attempt);
    else {
      endTrial(lab, attempt.trial, {
        state: 'failed',
        outcome: 'timedOut',
        value: NaN,
        attempt,
        result: null,
      });
    }
    lab.timers.add({ kind: 'obey', at: lab.now + lab.options.obeyMs, attempt });
  }
}

/** Sets the shell's timer if the next due time is sooner than the one set. */
export function setWake(lab: LabState): void {
  const at = Math.min(
    nextExpiry(lab) ?? Infinity,
    nextAway(lab) ?? Infinity,
    lab.timers.next ?? Infinity,
  );
  if (at === Infinity) return;
  if (lab.wake !== null && lab.wake <= at) return;
  lab.wake = at;
  emit(lab, { do: 'wakeAt', at });
}
