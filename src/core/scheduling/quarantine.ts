/**
 * Quarantines slots that fail where others succeed. A slot is judged by its consecutive failures:
 * quick ones, of several trials, while the same work succeeds elsewhere. A quarantined slot gets no
 * trials for a while and its crashes do not count against the trials; then it has one trial to
 * prove itself. The last ready slot is never quarantined: the objective is then the suspect, and
 * the user is told so.
 */
import { writeBack } from './back.ts';
import { judgeNode, proveNode, quarantineSlot, release } from './node-quarantine.ts';
import { moveSlot } from './slots.ts';
import type { Attempt, Failure, FailureNote, LabState, OpenTrial, Slot } from './state.ts';
import { showLab } from './step-output.ts';
import { record } from './story.ts';

/** Number of consecutive failures remembered. */
const REMEMBERED = 20;
/** Number of successes on other slots that show that the work can be done. */
const SUCCESSES = 3;

/** A settled attempt of the slot failed. */
export function noteFailure(lab: LabState, { slot: name }: Attempt, failure: Failure): void {
  const slot = lab.slots.get(name);
  if (slot === undefined) return;
  slot.failures.push(failure);
  if (slot.failures.length > REMEMBERED) slot.failures.shift();
  if (slot.state === 'probation') quarantine(lab, slot, [failure]);
  else judge(lab, slot);
}

/** An attempt of the trial succeeded on this slot. */
export function noteSuccess(lab: LabState, slot: Slot, trial: OpenTrial): void {
  slot.failures = [];
  slot.suspected = false;
  if (slot.supervision !== null) slot.supervision.backoff = 0;
  if (slot.state === 'probation') {
    slot.quarantine = null;
    slot.quarantines = 0;
    moveSlot(lab, slot, 'ready');
    showLab(lab, { kind: 'slotReleased', slot: slot.name });
    proveNode(lab, slot.node);
  }
  lab.successes.push({ at: lab.now, slot: slot.name });
  if (lab.successes.length > SUCCESSES) lab.successes.shift();
  const avoided =
    trial.avoid === null || trial.avoid === slot.name ? undefined : lab.slots.get(trial.avoid);
  if (avoided !== undefined) judge(lab, avoided);
}

function judge(lab: LabState, slot: Slot): void {
  const { quarantineFailures, quarantineWindowMs } = lab.options;
  if (slot.state !== 'ready' || slot.failures.length < quarantineFailures) return;
  const run = slot.failures.filter(({ at }) => at >= lab.now - quarantineWindowMs);
  const first = run[0];
  if (
    first === undefined ||
    run.length < quarantineFailures ||
    new Set(run.map(({ trial }) => trial)).size < 2
  )
    return;
  if (!run.every((failure) => isQuick(lab, failure))) return;
  const others = lab.successes.filter(({ at, slot: name }) => at >= first.at && name !== slot.name);
  if (others.length < SUCCESSES && !run.some(({ trial }) => trial.state === 'complete')) return;
  if (!anotherIsReady(lab, slot)) {
    if (!slot.suspected)
      showLab(lab, {
        kind: 'objectiveSuspected',
        reason: `the last ready slot, ${slot.name}, fails too: ${describe(run)}`,
      });
    slot.suspected = true;
    return;
  }
  quarantine(lab, slot, run);
}

function isQuick(lab: LabState, { ms, trial }: Failure): boolean {
  return ms < Math.max(lab.options.quickMs, trial.study.durations.value / 4);
}

function anotherIsReady(lab: LabState, slot: Slot): boolean {
  for (const other of lab.slots.values())
    if (other !== slot && other.state === 'ready' && !other.withheld) return true;
  return false;
}

function quarantine(lab: LabState, slot: Slot, run: readonly Failure[]): void {
  const { quarantineAtMostMs, quarantineMs } = lab.options;
  const until = lab.now + Math.min(quarantineAtMostMs, quarantineMs * 2 ** slot.quarantines);
  slot.quarantines += 1;
  quarantineSlot(lab, slot, until, run.map(note));
  for (const failure of run) takeBack(lab, slot, failure);
  lab.timers.add({ kind: 'quarantine', at: until, slot });
  showLab(lab, { kind: 'slotQuarantined', slot: slot.name, reason: describe(run), untilMs: until });
  judgeNode(lab, slot.node, describe(run));
}

/** The failure no longer counts against its trial, if that is still open. */
function takeBack(lab: LabState, slot: Slot, { trial, kind }: Failure): void {
  if (trial.state !== 'waiting' && trial.state !== 'running') return;
  if (kind === 'crash') trial.crashes = Math.max(0, trial.crashes - 1);
  else trial.deaths = Math.max(0, trial.deaths - 1);
  record(lab, trial, `its ${kind} on ${slot.name} is taken back: the slot is quarantined`);
  if (trial.state === 'running') return;
  writeBack(lab, trial);
}

/** If every usable slot is quarantined, releases the one with the least time left. */
export function keepOneUsable(lab: LabState): void {
  if (lab.free.usable > 0 || lab.quarantined.size === 0) return;
  let soonest: Slot | null = null;
  for (const slot of lab.quarantined) {
    if (slot.withheld) continue;
    if (soonest === null || (slot.quarantine?.until ?? 0) < (soonest.quarantine?.until ?? 0))
      soonest = slot;
  }
  if (soonest !== null) release(lab, soonest);
}

function note({ trial: { study, number }, kind, ms, detail }: Failure): FailureNote {
  return { study: study.uid, number, kind, ms, detail };
}

function describe(run: readonly Failure[]): string {
  return run
    .slice(-3)
    .map(
      ({ trial, kind, ms, detail }) =>
        `trial ${trial.number}: ${kind} after ${Math.round(ms)} ms (${detail})`,
    )
    .join('; ');
}
