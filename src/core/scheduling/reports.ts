/**
 * Reports of running attempts: kept in the study's columns, written and shown, and judged by the
 * study's pruner. None is answered: the result repeats them all, so one that is lost or refused is
 * only late.
 */
import { auditReported } from './audits.ts';
import type { Event } from './events.ts';
import { findLive, findOutstanding } from './find.ts';
import { protocolError } from './liveness.ts';
import { judge } from './pruning.ts';
import { renewLease } from './sessions.ts';
import type { LabState } from './state.ts';
import { show, write } from './step-output.ts';

export function report(lab: LabState, event: Extract<Event, { type: 'report' }>): void {
  const { slot, incarnation, attempt: id } = event;
  const { step, value, metrics } = event.report;
  const sender = lab.slots.get(slot);
  if (sender !== undefined && sender.session !== null && sender.incarnation === incarnation)
    renewLease(lab, sender);
  const attempt = findLive(lab, id);
  if (attempt === null) {
    const outstanding = sender === undefined ? null : findOutstanding(sender, id);
    // Reports of an audit are not kept: its result repeats them.
    if (outstanding?.audit == null) lab.refusals.add('staleLease', slot);
    else if (outstanding.state === 'open') auditReported(lab, outstanding, step);
    return;
  }
  if (attempt.slot !== slot || attempt.incarnation !== incarnation || !Number.isFinite(value)) {
    lab.refusals.add(Number.isFinite(value) ? 'notYours' : 'malformed', slot);
    protocolError(lab, event);
    return;
  }
  const { live, study } = attempt.trial;
  const { reports } = study.columns;
  // Of two attempts, the reports of the one that is ahead are kept.
  if (live.length > 1 && step <= (reports.last(id.number)?.step ?? -1)) return;
  reports.add(id.number, step, value);
  write(lab, { op: 'reported', attempt: id, step, value });
  const shown = { step, value, ...(metrics === undefined ? {} : { metrics }) };
  show(lab, attempt.trial.study, { kind: 'trialReported', attempt: id, slot, report: shown });
  judge(lab, attempt.trial);
}
