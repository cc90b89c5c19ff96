/**
 * Invariants of the lab's state between steps. Checked after every step in tests; O(open trials +
 * slots). The tests check the agreement with the file and the workers themselves.
 */
import { isLive, spendsCredit } from './attempts.ts';
import { isLeftToFaster, mayRun } from './packing.ts';
import { needsRescue, runsOn } from './second-attempts.ts';
import type { LabNode, LabState, OpenTrial, Slot, Study } from './state.ts';

/** @returns a description of each violated invariant; empty if all hold */
export function violations(lab: LabState): string[] {
  const found: string[] = [];
  const must = (holds: boolean, rule: () => string): void => {
    if (!holds) found.push(rule());
  };
  for (const study of lab.studies.values()) checkStudy(lab, study, must);
  for (const slot of lab.slots.values()) checkSlot(lab, slot, must);
  for (const node of lab.nodes.values()) checkNode(lab, node, must);
  checkSums(lab, must);
  checkAudits(lab, must);
  return found;
}

type Must = (holds: boolean, rule: () => string) => void;

function checkStudy(lab: LabState, study: Study, must: Must): void {
  must(
    !study.deleted || study.state === 'paused' || study.state === 'finished',
    () => `a study that is ${study.state} is deleted`,
  );
  must(
    study.removedFrom === null || study.deleted,
    () => 'a study that is not deleted is being removed',
  );
  if (study.dormant !== null) {
    must(
      study.state === 'finished' && study.open.size === 0,
      () => `a study that is ${study.state} is dormant`,
    );
    return;
  }
  const { columns, open, state } = study;
  must(
    columns.size === columns.ended + open.size,
    () => `${columns.size} trials are not ${columns.ended} ended and ${open.size} open`,
  );
  const sums = { live: 0, lanes: 0, wanted: 0, queued: 0 };
  for (const trial of open.values()) {
    const { number, live, queued, verdict, paused } = trial;
    must(
      !paused || (trial.state === 'waiting' && !queued && trial.checkpoint > 0),
      () => `trial ${number} is paused and ${queued ? 'queued' : trial.state}`,
    );
    must(!columns.hasEnded(number), () => `trial ${number} is open and has ended`);
    must(
      trial.state === 'waiting' || trial.state === 'running',
      () => `open trial ${number} is ${trial.state}`,
    );
    must(
      (trial.state === 'running') === live.length > 0 && live.length <= 2,
      () => `trial ${number} is ${trial.state}, with ${live.length} live attempts`,
    );
    must(
      new Set(live.map(({ node }) => node)).size === live.length,
      () => `trial ${number} has two live attempts on one node`,
    );
    const rescued = needsRescue(trial);
    must(
      trial.state === 'running' ? queued === rescued : !queued || trial.state === 'waiting',
      () => `trial ${number} is ${queued ? '' : 'not '}queued and ${trial.state}`,
    );
    if (rescued && number < study.limit && state === 'running')
      must(!canBeRescued(lab, trial), () => `trial ${number} is only away, and a slot is free`);
    const due = trial.state === 'waiting' && !queued && !paused && trial.notBefore < lab.now;
    must(!due || lab.timers.next !== null, () => `trial ${number} waits for nothing`);
    sums.live += live.length;
    sums.wanted += Number(number < study.limit);
    sums.queued += Number(queued);
    must(
      verdict === null ||
        (trial.state === 'running' && live.every(({ state }) => state !== 'open')),
      () => `trial ${number} is ${trial.state} and goes on in spite of its verdict`,
    );
    for (const { cohort, state, id } of live) {
      must(isLive(state), () => `trial ${number} holds on to an attempt that is ${state}`);
      if (spendsCredit(state))
        must(
          cohort !== null && cohort.slot.session !== null,
          () => `attempt ${number}/${id.attemptNumber} has no session`,
        );
      else must(cohort === null, () => `orphan of trial ${number} has a session`);
    }
  }
  for (const slot of lab.slots.values()) {
    for (const cohort of slot.cohorts) {
      if (cohort.study === study)
        sums.lanes += cohort.attempts.filter((attempt) => attempt.cohort === cohort).length;
    }
  }
  must(sums.live === study.live, () => `${sums.live} live attempts, counted as ${study.live}`);
  must(
    sums.lanes === study.lanes,
    () => `${sums.lanes} lanes outstanding, counted as ${study.lanes}`,
  );
  must(
    sums.wanted === study.wanted,
    () => `${sums.wanted} wanted trials, counted as ${study.wanted}`,
  );
  must(
    sums.queued === study.waiting.size,
    () => `${sums.queued} queued trials, counted as ${study.waiting.size}`,
  );
  must(!columns.hasEnded(study.frontier), () => `frontier ${study.frontier} has ended`);
  must(study.asking === null || state === 'running', () => `asking while ${state}`);
  must(
    (state !== 'paused' && state !== 'finished') || study.live === 0,
    () => `${state} with ${study.live} live attempts`,
  );
  const moves = state === 'running' || state === 'pausing' || state === 'ending';
  must(
    lab.active.has(study) === moves,
    () => `a study that is ${state} is ${moves ? 'not ' : ''}among the active ones`,
  );
}

function checkAudits(lab: LabState, must: Must): void {
  for (const { id, audit, cohort, node, state, trial } of lab.audits) {
    const name = `audit ${id.number}/${id.attemptNumber}`;
    must(state === 'open' && cohort !== null, () => `${name} runs and is ${state}`);
    const ended = trial.state === 'complete' || trial.state === 'pruned';
    must(ended, () => `${name} is of a trial that is ${trial.state}`);
    must(!(audit?.without.has(node) ?? true), () => `${name} is on a node that gave a value`);
    must(trial.study.state === 'running', () => `${name} runs in a study that does not`);
  }
}

function checkSlot(lab: LabState, slot: Slot, must: Must): void {
  const { name, cohorts, session, state, node } = slot;
  const { credits, creditsAtMost, sideBySide } = lab.options;
  const most = node.rttMs !== null || cohorts.some(({ study }) => sideBySide(study.spec));
  must(
    cohorts.length <= (most ? Math.max(credits, creditsAtMost) : credits),
    () => `${name} has ${cohorts.length} cohorts outstanding`,
  );
  must(
    (session === null) === (state === 'absent'),
    () => `${name} is ${state} with session ${session ?? 'none'}`,
  );
  must(session !== null || cohorts.length === 0, () => `${name} has cohorts and no session`);
  for (const cohort of cohorts) {
    const unsettled = cohort.attempts.filter((attempt) => attempt.cohort === cohort);
    must(
      unsettled.length === cohort.unsettled && unsettled.length > 0,
      () => `cohort ${cohort.id} counts ${cohort.unsettled} attempts`,
    );
    for (const { state: attempt, audit, trial, id } of unsettled) {
      must(
        spendsCredit(attempt),
        () => `attempt ${id.number}/${id.attemptNumber} in a cohort is ${attempt}`,
      );
      const ended = trial.state !== 'waiting' && trial.state !== 'running';
      must(
        !ended || attempt === 'revoked' || audit !== null,
        () => `trial ${id.number} has ended, its attempt ${id.attemptNumber} is ${attempt}`,
      );
    }
  }
}

/** Returns whether an idle slot of another node may be given the trial. */
function canBeRescued(lab: LabState, trial: OpenTrial): boolean {
  for (const { cohorts, free, name, node } of lab.slots.values()) {
    if (cohorts.length > 0 || free.group === null || runsOn(trial, node.id)) continue;
    const { study } = trial;
    const takes = mayRun(lab, study, free.group) && !isLeftToFaster(lab, study, free.group);
    if (trial.avoid !== name && takes) return true;
  }
  return false;
}

function checkNode(lab: LabState, node: LabNode, must: Must): void {
  const { id, presence, mode, slots } = node;
  const sessions = [...slots].filter(({ session }) => session !== null);
  must(
    presence !== 'absent' || sessions.length === 0,
    () => `node ${id} is absent with ${sessions.length} sessions`,
  );
  must(
    lab.away.has(node) === (presence === 'away') &&
      (node.awaySince !== null) === (presence === 'away'),
    () => `node ${id} is ${presence}`,
  );
  must(lab.drainingNodes.has(node) === (mode === 'draining'), () => `node ${id} is ${mode}`);
  for (const slot of slots) {
    const { name, withheld, heldSince, free, supervision } = slot;
    const keeps = presence !== 'present' || mode !== 'open' || heldSince !== null;
    must(keeps === withheld, () => `${name} is ${withheld ? '' : 'not '}withheld`);
    must(!keeps || free.group === null, () => `${name} of unusable node ${id} may be given work`);
    must(
      node.link === 0 || lab.workersWanted || (supervision?.launched ?? null) === null,
      () => `${name} has a worker, and no study runs`,
    );
  }
}

function checkSums(lab: LabState, must: Must): void {
  let [usable, connected] = [0, 0];
  let leased = 0;
  for (const slot of lab.slots.values()) {
    const { group } = slot.free;
    const capacity = lab.free.capacity(slot);
    must(
      (group?.capacity ?? 0) === capacity && (group?.slots.has(slot) ?? true),
      () => `slot ${slot.name} has a credit of ${capacity}, its group ${group?.capacity ?? 0}`,
    );
    usable += Number(capacity > 0);
    connected += Number(slot.session !== null && slot.state !== 'draining' && !slot.withheld);
    leased += Number(slot.session !== null && slot.node.link === 0);
  }
  for (let slot = lab.leases.oldest; slot !== null; slot = slot.lease.newer) leased -= 1;
  must(leased === 0, () => `${leased} sessions without a lease`);
  for (const { device, slots, counts } of lab.free.groups) {
    for (const [sent, count] of counts.entries()) {
      const found = [...slots].filter(({ free }) => free.bucket === sent).length;
      must(found === count, () => `${found} slots of ${device} with ${sent} cohorts, not ${count}`);
    }
  }
  must(usable === lab.free.usable, () => `${usable} usable slots, counted as ${lab.free.usable}`);
  must(usable > 0 || connected === 0, () => `${connected} slots are connected and none is used`);
}
