/**
 * Compares the value of an audit with that of its trial. Where they differ, a third node decides
 * which of the two nodes is wrong; this host's own machine is believed. A node whose values differed
 * `mostMismatches` times is paused.
 */
import { THIS_NODE } from '../device.ts';
import { figuresOf, missingMetrics } from '../study/objectives.ts';
import { moveAttempt } from './attempts.ts';
import { agree, arithmeticOf } from './audit-arithmetic.ts';
import { endAudit, failAudit, loseAudit, settleAudit } from './audits.ts';
import type { AttemptResult } from './events.ts';
import type { Mismatch } from './instructions.ts';
import { applyModes } from './node-modes.ts';
import type { Attempt, Audit, LabState, Study } from './state.ts';
import { showLab } from './step-output.ts';
import type { NodeId } from './words.ts';

/** The worker of an audit has answered. */
export function auditResult(lab: LabState, attempt: Attempt, result: AttemptResult): void {
  const { audit, trial, slot, node } = attempt;
  const { outcome } = result;
  if (audit === null) return;
  if (outcome === 'cancelled') {
    loseAudit(lab, attempt, 'cancelled by its worker');
    return;
  }
  const { spec, columns } = trial.study;
  const lacks = outcome === 'succeeded' ? missingMetrics(spec, result) : [];
  const figures = spec.objectives === undefined ? null : figuresOf(spec, result);
  const value =
    outcome === 'diverged' || lacks.length > 0
      ? columns.worst
      : (figures?.values[0] ?? result.value);
  if ((outcome !== 'succeeded' && outcome !== 'diverged') || value === undefined) {
    endAudit(lab, attempt, outcome, { result });
    moveAttempt(lab, attempt, outcome);
    failAudit(lab, attempt, true);
    return;
  }
  const found = { value, arithmetic: arithmeticOf(lab, slot, result.executor) };
  const same = agree(audit, found);
  endAudit(lab, attempt, outcome, { result, value, verdict: same ? 'same' : 'differs' });
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
  audit.contradiction = { value, node };
  audit.without.add(node);
  if (audit.node === THIS_NODE || node === THIS_NODE || !hasThirdNode(lab, audit)) {
    settleAudit(lab, audit);
    decide(lab, audit);
  } else {
    trial.study.audits.due.push(audit);
    lab.audited.add(trial.study);
  }
}

/** Gives up the study's audits. A difference that a third node could have decided stays undecided. */
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
  const mismatch: Mismatch = {
    study: audit.trial.study.uid,
    number: audit.trial.number,
    value: audit.value,
    from: audit.node,
    found: audit.contradiction.value,
    by,
  };
  node.mismatches.push(mismatch);
  const pauses = node.mismatches.length >= lab.options.mostMismatches && node.modes.user === 'open';
  showLab(lab, { kind: 'nodeMismatch', node: id, mismatches: [...node.mismatches], pauses });
  if (!pauses) return;
  node.modes.user = 'paused';
  applyModes(lab, node, 0);
}
