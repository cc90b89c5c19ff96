/** Restores audits that were not over when the process before ended, and wrong values. */
import { parseSlot } from '../device.ts';
import type { StudySpec } from '../study/study-spec.ts';
import type { TrialColumns } from '../study/trial-columns.ts';
import type { StoredAudit, StoredMismatch, StoredTrial } from './events.ts';
import type { LabState, Study } from './state.ts';
import { unlistedTrial } from './trials.ts';

/** Restores the wrong values of nodes. */
export function restoreMismatches(lab: LabState, stored: readonly StoredMismatch[]): void {
  for (const { node, ...mismatch } of stored)
    lab.mismatches.set(node, [...(lab.mismatches.get(node) ?? []), mismatch]);
}

/** @param trials of the audits, by number */
export function restoreAudits(
  lab: LabState,
  study: Study,
  audits: readonly StoredAudit[],
  trials: ReadonlyMap<number, StoredTrial>,
): void {
  study.audits.seen = countAudited(study.spec, study.columns);
  for (const { number, attempts, ...audited } of audits) {
    const stored = trials.get(number);
    if (stored?.end == null) continue;
    const { params, origin, historyLength } = stored;
    const trial = unlistedTrial(lab, study, number, params, origin, historyLength);
    trial.state = stored.state;
    const { node } = parseSlot(audited.slot);
    const evaluated = attempts.filter(
      ({ outcome }) => outcome !== 'lost' && outcome !== 'cancelled',
    );
    const nodes = evaluated.map(({ slot }) => parseSlot(slot).node);
    const [found] = evaluated.flatMap(({ slot, difference }) =>
      difference === null ? [] : [{ ...difference, node: parseSlot(slot).node }],
    );
    study.audits.due.push({
      trial,
      node,
      ...audited,
      contradiction: found ?? null,
      without: new Set([node, ...nodes]),
      attemptNumber: Math.max(
        stored.attemptNumber,
        ...attempts.map(({ attemptNumber }) => attemptNumber),
      ),
      failures: evaluated.filter(({ value }) => value === null).length,
      enough: false,
    });
    lab.audited.add(study);
  }
}

/** Returns the number of trials of which one in n is drawn. O(trials) */
export function countAudited({ audit }: StudySpec, columns: TrialColumns): number {
  if (audit === undefined) return 0;
  let count = 0;
  for (let number = 0; number < columns.size; number++) {
    const outcome = columns.outcome(number);
    if (outcome === 'succeeded' || outcome === 'diverged' || outcome === 'pruned') count += 1;
  }
  return count;
}
