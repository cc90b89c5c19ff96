/**
 * Audits: evaluations of ended trials on another node, for studies that ask for them. An audit is
 * an attempt of a trial that has ended: it is not live, not charged, and changes no result.
 * `audit-dispatch.ts` decides when one runs, `audit-verdicts.ts` compares the values.
 */
import { PURPOSE, Stream } from '../random.ts';
import type { AuditVerdict } from '../study/row-codes.ts';
import { moveAttempt } from './attempts.ts';
import { evaluationOf, reportsOf } from './audit-figures.ts';
import type { AttemptResult, Difference } from './events.ts';
import { mayRun } from './packing.ts';
import type { Group } from './packing.ts';
import type { Attempt, Audit, LabState, OpenTrial, Study } from './state.ts';
import { show, write } from './step-output.ts';
import { sendCancel } from './trials.ts';
import { PRUNED } from './words.ts';
import type { AttemptOutcome } from './words.ts';

/** Number of attempts that may fail or be lost before an audit is given up. */
const MOST_FAILURES = 3;

/**
 * A trial has ended with a value, or was stopped early: one of n is to be evaluated again.
 * @param attempt the one that ended it; null: none ran
 * @param result of that attempt; null: its worker gave none, so that there is nothing to compare
 */
export function considerAudit(
  lab: LabState,
  study: Study,
  attempt: Attempt | null,
  outcome: 'succeeded' | 'diverged' | 'pruned',
  result: AttemptResult | null,
): void {
  const every = study.spec.audit;
  if (every === undefined) return;
  const place = study.audits.seen % every;
  const block = (study.audits.seen - place) / every;
  study.audits.seen += 1;
  // A node cannot know which of its trials are chosen: the seed of the draw stays on the host.
  const seed = lab.options.auditSeedOf(study.uid);
  const drawn = new Stream(seed, { purpose: PURPOSE.audit, trial: block + 1 }).below(every);
  if (place !== drawn || attempt === null || result === null) return;
  const { trial, node, slot, id } = attempt;
  const until = outcome === 'pruned' ? lastStep(trial, result) : null;
  if (outcome === 'pruned' && until === null) return;
  const evaluation = evaluationOf(lab, study, slot, { outcome, result, until });
  if (evaluation === null) return;
  const audited = { ...evaluation, slot, until };
  write(lab, { op: 'auditDue', uid: study.uid, number: trial.number, ...audited });
  study.audits.due.push({
    trial,
    node,
    ...audited,
    contradiction: null,
    without: new Set([node]),
    attemptNumber: Math.max(trial.attemptNumber, id.attemptNumber),
    failures: 0,
    enough: false,
  });
  lab.audited.add(study);
}

/** Step of the last report that counted when the trial was stopped; null: it has none. */
function lastStep({ verdict }: OpenTrial, result: AttemptResult): number | null {
  return reportsOf(result, verdict?.step ?? Infinity).at(-1)?.step ?? null;
}

/** Stops a running audit of a trial that was stopped early once it has reported as much. */
export function auditReported(lab: LabState, attempt: Attempt, step: number): void {
  const { audit } = attempt;
  if (audit?.until == null || step < audit.until || audit.enough) return;
  audit.enough = true;
  sendCancel(lab, attempt, PRUNED);
}

/** Returns whether a slot of the group may evaluate the audit's trial again. */
export function mayAudit(lab: LabState, { trial, without }: Audit, group: Group): boolean {
  return !without.has(group.node) && mayRun(lab, trial.study, group);
}

/** Returns the running audits of the study. */
export function runningAudits(lab: LabState, study: Study): readonly Attempt[] {
  return [...lab.audits].filter(({ trial }) => trial.study === study);
}

/** Returns whether the study waits for its audits before it is finished. */
export function hasAudits(lab: LabState, study: Study): boolean {
  if (study.spec.audit === undefined) return false;
  return study.audits.due.length > 0 || runningAudits(lab, study).length > 0;
}

/** Starts an audit's next attempt, not yet in a cohort. */
export function startAudit(
  lab: LabState,
  audit: Audit,
  slot: Pick<Attempt, 'slot' | 'node' | 'incarnation'>,
): Attempt {
  const { trial } = audit;
  const { study, number } = trial;
  audit.attemptNumber += 1;
  audit.enough = false;
  const attempt: Attempt = {
    id: { study: study.uid, number, attemptNumber: audit.attemptNumber },
    trial,
    audit,
    ...slot,
    state: 'open',
    cohort: null,
    unheard: false,
    storedCohort: null,
  };
  study.audits.due.splice(study.audits.due.indexOf(audit), 1);
  study.lanes += 1;
  lab.audits.add(attempt);
  return attempt;
}

/**
 * Takes a running audit back from its worker: the slot is needed, or its study no longer runs. It
 * is due again.
 */
export function takeBackAudit(lab: LabState, attempt: Attempt, reason: string): void {
  endAudit(lab, attempt, 'cancelled', { detail: reason });
  moveAttempt(lab, attempt, 'revoked');
  sendCancel(lab, attempt, reason);
  again(lab, attempt);
}

/** The audit's session ended, or its worker gave it up: it is due again, or given up. */
export function loseAudit(lab: LabState, attempt: Attempt, detail: string): void {
  const { state } = attempt;
  if (state !== 'revoked') endAudit(lab, attempt, 'lost', { detail });
  moveAttempt(lab, attempt, state === 'revoked' ? 'cancelled' : 'lost');
  if (state !== 'revoked') failAudit(lab, attempt);
}

/** The audit came to no value. @param elsewhere whether its node is not tried again */
export function failAudit(lab: LabState, attempt: Attempt, elsewhere = false): void {
  const { audit, node } = attempt;
  if (audit === null) return;
  audit.failures += 1;
  if (elsewhere) audit.without.add(node);
  if (audit.failures < MOST_FAILURES) again(lab, attempt);
  else settleAudit(lab, audit);
}

/** The audit is over, or given up. */
export function settleAudit(lab: LabState, { trial: { study, number } }: Audit): void {
  write(lab, { op: 'auditSettled', uid: study.uid, number });
}

/** Adds the audit to those that are due, with the others in the order of completion. */
function again(lab: LabState, { audit, trial }: Attempt): void {
  if (audit === null) return;
  const { due } = trial.study.audits;
  due.push(audit);
  lab.audited.add(trial.study);
}

/** Writes the end of an audit's attempt and reports it. */
export function endAudit(
  lab: LabState,
  { id, slot, trial, audit }: Attempt,
  outcome: AttemptOutcome,
  {
    result = null,
    value = null,
    difference = null,
    detail = null,
  }: {
    readonly result?: AttemptResult | null;
    readonly value?: number | null;
    /** From the trial's values; null: none, or there is no value. */
    readonly difference?: Difference | null;
    readonly detail?: string | null;
  },
): void {
  if (audit === null) return;
  const agrees: AuditVerdict = difference === null ? 'same' : 'differs';
  const verdict = value === null ? null : agrees;
  const ms = result?.ms ?? null;
  const executor = result?.executor ?? null;
  write(lab, {
    op: 'auditEnded',
    attempt: id,
    outcome,
    value,
    verdict,
    difference,
    executor,
    detail: detail ?? result?.error ?? null,
    ms,
  });
  show(lab, trial.study, {
    kind: 'auditEnded',
    attempt: id,
    slot,
    outcome,
    value,
    verdict,
    audited: { value: audit.value, slot: audit.slot },
    ms,
  });
}
