/**
 * Restores the lab from its file. Trials without a live attempt wait; attempts without an outcome
 * are orphaned: those of this machine's workers died with the previous coordinator, others may be
 * adopted for a while. Ended trials are never run again, proposed trials are never proposed again.
 */
import { parseSlot } from '../device.ts';
import type { Listed } from '../study/objectives.ts';
import { moveAttempt } from './attempts.ts';
import type { Trials } from './dormant.ts';
import { EndedTrials } from './ended-trials.ts';
import type { Event, StoredAttempt, StoredHead, StoredStudy, StoredTrial } from './events.ts';
import { lose, loseOrphans } from './outcomes.ts';
import { nextPause } from './next-pause.ts';
import { requeue } from './second-attempts.ts';
import type { Attempt, LabState, OpenTrial, Study } from './state.ts';
import { write } from './step-output.ts';
import { enforceRules, firstHit, isBetter } from './stop-rules.ts';
import { record } from './story.ts';
import { begin, giveGrace } from './studies.ts';
import { newStudy, noTrials } from './study-commands.ts';
import { isAtRest } from './study-descriptions.ts';
import { rankedOf } from './trial-end.ts';
import { countAudited, restoreAudits, restoreMismatches } from './restore-audits.ts';
import { enqueue, moveTrial, newTrial } from './trials.ts';

/** Number of trials between two yields of `opening`. */
const PIECE = 100;
/** Reports between two rests. */
const PIECE_REPORTS = 1_000;

/**
 * Yields after each piece, so that other work can proceed; no other event may be stepped meanwhile.
 */
export function* opening(
  lab: LabState,
  { epoch, lab: snapshot }: Extract<Event, { type: 'opened' }>,
): Generator<void, void> {
  lab.epoch = epoch;
  restoreMismatches(lab, snapshot.mismatches ?? []);
  for (const stored of snapshot.studies) yield* openStudy(lab, stored);
  if (lab.orphans.size === 0 && lab.audited.size === 0) return;
  const { adoptionRemoteMs: wait, silentMs } = lab.options;
  const since = lab.now - lab.stalledMs;
  lab.adoptionEnds = since + wait;
  lab.timers.add({ kind: 'adoption', at: lab.now + wait });
  lab.timers.add({ kind: 'unheard', at: lab.now + silentMs, since });
}

function* openStudy(lab: LabState, stored: StoredStudy): Generator<void, void> {
  const study = newStudy(lab, stored.uid, stored.spec, stored.limits);
  lab.studies.set(study.uid, study);
  study.limit = stored.limit ?? Infinity;
  study.activeMs = stored.activeMs;
  study.savedActiveMs = stored.activeMs;
  study.state = stored.state;
  study.reason = stored.reason;
  study.executor = stored.executor;
  study.note = stored.note;
  // Another program may have set the attribute of a running study.
  study.deleted = stored.deleted && isAtRest(study);
  study.removedFrom = study.deleted && stored.removing ? Infinity : null;
  const head = stored.state === 'finished' ? stored.head : null;
  if (head !== null) {
    leaveDormant(study, stored, head);
    return;
  }
  const { ended, open, audited } = yield* restoreProposals(study.trials, stored);
  yield* restoreEnds(study.spec, study.trials, ended);
  restoreAudits(lab, study, stored.audits, audited);
  yield* settleEnded(lab, study, ended);
  for (const trial of open) restoreOpen(lab, study, trial);
  study.firstHit = firstHit(study);
  if (study.state === 'running') begin(lab, study);
  else if (study.state !== 'finished') lab.active.add(study);
  if (study.state === 'ending' || study.state === 'pausing')
    giveGrace(lab, study, lab.options.graceMs);
  enforceRules(lab, study);
}

/**
 * Leaves the trials to be read when they are needed: all have ended, and nothing about them is left
 * to write.
 */
function leaveDormant(study: Study, stored: StoredStudy, head: StoredHead): void {
  const { spec, sampler } = study;
  study.best = head.best;
  study.firstHit = head.firstHit;
  study.frontier = head.trials;
  study.dormant = {
    head,
    reading: null,
    *read() {
      const trials = noTrials(spec, sampler);
      const { ended } = yield* restoreProposals(trials, stored);
      yield* restoreEnds(spec, trials, ended);
      study.audits.seen = countAudited(spec, trials.columns);
      return trials;
    },
  };
}

interface Restored {
  readonly ended: EndedTrials;
  readonly open: StoredTrial[];
  /** Ended trials whose audits are not over, by number. */
  readonly audited: Map<number, StoredTrial>;
}

function* restoreProposals({ columns }: Trials, stored: StoredStudy): Generator<void, Restored> {
  const ended = new EndedTrials();
  const open: StoredTrial[] = [];
  const audited = new Map<number, StoredTrial>();
  const due = new Set(stored.audits.map(({ number }) => number));
  let reported = 0;
  for (const trial of stored.trials) {
    const { number, state, end, attemptNumber, reports, unsettled } = trial;
    columns.proposed(number, trial.params, trial.historyLength, trial.origin);
    columns.reports.addAll(number, reports);
    reported += reports.length;
    if (due.has(number)) audited.set(number, trial);
    if (end === null) open.push(trial);
    else if (state !== 'waiting' && state !== 'running')
      ended.add({
        number,
        state,
        outcome: end.outcome,
        value: end.value,
        told: state === 'pruned' ? (trial.verdict?.expected ?? end.value) : end.value,
        finishSeq: end.finishSeq,
        ...(end.figures === undefined ? {} : { figures: end.figures }),
        attemptNumber,
        unsettled,
      });
    if (number % PIECE !== 0 && reported < PIECE_REPORTS) continue;
    reported = 0;
    yield;
  }
  return { ended, open, audited };
}

/**
 * In completion order; ends written by another program have no completion number yet and come last.
 */
function* restoreEnds(
  spec: Listed,
  { columns, lastAttemptNumber }: Trials,
  trials: EndedTrials,
): Generator<void, void> {
  for (const { number, state, outcome, told, figures, attemptNumber } of trials) {
    const finishSeq = columns.end(number, state, outcome, told, rankedOf(spec, figures));
    lastAttemptNumber.set(number, Math.min(attemptNumber, 255));
    if (finishSeq % PIECE === 0) yield;
  }
}

/**
 * Finds the best of the restored trials, and writes missing completion numbers and ends of
 * attempts.
 */
function* settleEnded(lab: LabState, study: Study, trials: EndedTrials): Generator<void, void> {
  const { columns } = study;
  for (const {
    number,
    state,
    outcome,
    value,
    figures,
    finishSeq: stored,
    attemptNumber,
    unsettled,
  } of trials) {
    const finishSeq = columns.finishSeq(number);
    if (stored !== finishSeq) {
      write(lab, {
        op: 'trialEnded',
        uid: study.uid,
        number,
        state,
        outcome,
        value,
        ...(figures === undefined ? {} : { figures }),
        finishSeq,
        attemptNumber,
        story: [],
      });
    }
    if (state === 'complete' && Number.isFinite(value) && columns.front === null) {
      const { best } = study;
      if (
        best === null ||
        isBetter(study, value, best.value) ||
        (value === best.value && number < best.number)
      )
        study.best = { number, value };
    }
    for (const { attemptNumber } of unsettled) {
      const attempt = { study: study.uid, number, attemptNumber };
      write(lab, {
        op: 'attemptEnded',
        attempt,
        outcome: 'cancelled',
        at: lab.now,
        result: null,
        detail: 'its trial had ended',
      });
    }
    if (finishSeq % PIECE === 0) yield;
  }
  while (columns.hasEnded(study.frontier)) study.frontier += 1;
}

function restoreOpen(lab: LabState, study: Study, stored: StoredTrial): void {
  const { number, params, origin, historyLength, crashes, deaths, memoryFailures, laneCap } =
    stored;
  const trial = newTrial(lab, study, number, params, origin, historyLength);
  Object.assign(trial, {
    attemptNumber: stored.attemptNumber,
    crashes,
    deaths,
    memoryFailures,
    laneCap,
  });
  record(lab, trial, 'read from the file');
  for (let i = 0; i < (stored.pauses ?? 0); i++)
    trial.checkpoint = nextPause(trial) ?? trial.checkpoint;
  if (stored.unsettled.length === 0) {
    trial.paused = stored.isPaused ?? false;
    if (!trial.paused) enqueue(lab, trial);
    return;
  }
  trial.verdict = stored.verdict ?? null;
  moveTrial(lab, trial, 'running');
  const orphans = stored.unsettled.map((unsettled) => orphan(lab, trial, unsettled));
  for (const attempt of orphans) {
    const { slot } = attempt;
    if (lab.options.isLocal(slot) && lab.options.adoptionLocalMs === 0)
      lose(lab, attempt, 'its worker died with the coordinator');
    else lab.orphans.set(slot, [...(lab.orphans.get(slot) ?? []), attempt]);
  }
}

/** Restores an attempt of a running trial whose session ended with the coordinator before. */
function orphan(
  lab: LabState,
  trial: OpenTrial,
  { attemptNumber, slot, incarnation, cohort }: StoredAttempt,
): Attempt {
  const { study, number } = trial;
  trial.attemptNumber = Math.max(trial.attemptNumber, attemptNumber);
  const attempt: Attempt = {
    id: { study: study.uid, number, attemptNumber },
    trial,
    audit: null,
    slot,
    node: parseSlot(slot).node,
    incarnation,
    state: 'open',
    cohort: null,
    unheard: false,
    storedCohort: cohort ?? null,
  };
  trial.live.push(attempt);
  study.live += 1;
  study.lanes += 1;
  moveAttempt(lab, attempt, 'orphaned');
  return attempt;
}

/**
 * Lets the trials of orphaned attempts run elsewhere as well, once their workers were silent for
 * `silentMs` since the opening. Until adoption ends, a hello or result of such a worker still
 * counts.
 */
export function orphansUnheard(lab: LabState, since: number): void {
  const at = since + lab.options.silentMs + lab.stalledMs;
  if (at > lab.now) {
    lab.timers.add({ kind: 'unheard', at, since });
    return;
  }
  for (const attempts of lab.orphans.values()) {
    for (const attempt of attempts) {
      if (attempt.state !== 'orphaned') continue;
      attempt.unheard = true;
      requeue(attempt.trial);
    }
  }
}

/** Ends the adoption period of all orphaned attempts. */
export function endAdoption(lab: LabState): void {
  lab.adoptionEnds = null;
  for (const slot of [...lab.orphans.keys()]) loseOrphans(lab, slot, 'not adopted');
}
