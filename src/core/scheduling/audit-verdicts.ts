/**
 * Compares the values of an audit with those of its trial. Where they differ, a third node decides
 * which of the two nodes is wrong; this host's own machine is believed. A node whose values
 * differed `mostMismatches` times is paused.
 */
import { THIS_NODE } from '../device.ts';
import { missingMetrics } from '../study/objectives.ts';
import { moveAttempt } from './attempts.ts';
import { differenceOf } from './audit-arithmetic.ts';
import { evaluationOf } from './audit-figures.ts';
import { endAudit, failAudit, loseAudit, settleAudit } from './audits.ts';
import type { AttemptResult, Evaluation, Mismatch } from './events.ts';
import { applyModes } from './node-modes.ts';
import type { Attempt, Audit, LabState, Study } from './state.ts';
import { showLab, write } from './step-output.ts';
import type { NodeId } from './words.ts';

/** The worker of an audit has answered. */
export function auditResult(lab: LabState, attempt: Attempt, result: AttemptResult): void {
  const { audit, trial, node } = attempt;
  const { outcome } = result;
  if (audit === null) return;
  if (outcome === 'cancelled') {
    loseAudit(lab, attempt, 'cancelled by its worker');
    return;
  }
  const found = evaluationIn(lab, attempt, audit, result);
  if (found === null) {
    endAudit(lab, attempt, outcome, { result });
    moveAttempt(lab, attempt, outcome);
    failAudit(lab, attempt, true);
    return;
  }
  const difference = differenceOf(audit, found);
  const same = difference === null;
  endAudit(lab, attempt, outcome, { result, value: found.value, difference });
  moveAttempt(lab, attempt, outcome);
  const { contradiction } = audit;
  if (contradiction !== null) {
    settleAudit(lab, audit);
    // Of three nodes, the one that is alone with its value is wrong.
    if (same) blame(lab, contradiction.node, audit, contradiction.node);
    else blame(lab, audit.node, audit, contradiction.node);
    return;
  }
  if (same) {
    settleAudit(lab, audit);
    return;
  }
  audit.contradiction = { ...difference, node };
  audit.without.add(node);
  if (audit.node === THIS_NODE || node === THIS_NODE || !hasThirdNode(lab, audit)) {
    settleAudit(lab, audit);
    decide(lab, audit);
  } else {
    trial.study.audits.due.push(audit);
    lab.audited.add(trial.study);
  }
}

/** Returns what is compared of an audit's result; null: it came to no value. */
function evaluationIn(
  lab: LabState,
  { slot, trial: { study } }: Attempt,
  { until }: Audit,
  result: AttemptResult,
): Evaluation | null {
  const { outcome } = result;
  if (outcome !== 'succeeded' && outcome !== 'diverged' && outcome !== 'pruned') return null;
  const lacks = outcome === 'succeeded' && missingMetrics(study.spec, result).length > 0;
  return evaluationOf(lab, study, slot, { outcome: lacks ? 'diverged' : outcome, result, until });
}

/**
 * Gives up the study's audits. A difference that a third node could have decided stays undecided.
 */
export function dropAudits(lab: LabState, { audits }: Study): void {
  for (const audit of audits.due.splice(0)) {
    settleAudit(lab, audit);
    if (!hasThirdNode(lab, audit)) decide(lab, audit);
  }
}

/** Returns whether a node of the lab, usable now or not, has not evaluated the trial yet. */
function hasThirdNode(lab: LabState, { without }: Audit): boolean {
  for (const { node } of lab.slots.values())
    if (!without.has(node.id) && node.reason !== 'removed') return true;
  return false;
}

/** Without a third value: the node that gave the trial's is wrong, unless it is this machine. */
function decide(lab: LabState, audit: Audit): void {
  const { contradiction, node } = audit;
  if (contradiction !== null)
    blame(lab, node === THIS_NODE ? contradiction.node : node, audit, contradiction.node);
}

/**
 * Counts a wrong value against a node; several pause it.
 * @param by node that evaluated the trial again
 */
function blame(lab: LabState, id: NodeId, audit: Audit, by: NodeId): void {
  const node = lab.nodes.get(id);
  if (node === undefined || audit.contradiction === null || id === THIS_NODE) return;
  const { metric, value, found } = audit.contradiction;
  const mismatch: Mismatch = {
    uid: audit.trial.study.uid,
    number: audit.trial.number,
    metric,
    value,
    from: audit.node,
    found,
    by,
  };
  write(lab, { op: 'mismatch', node: id, ...mismatch });
  const mismatches = [...(lab.mismatches.get(id) ?? []), mismatch];
  lab.mismatches.set(id, mismatches);
  const pauses = mismatches.length >= lab.options.mostMismatches && node.modes.user === 'open';
  showLab(lab, { kind: 'nodeMismatch', node: id, mismatches, pauses });
  if (!pauses) return;
  node.modes.user = 'paused';
  applyModes(lab, node, 0);
}
