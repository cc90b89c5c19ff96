/** A row of figures for each worker, computed from the attempts in memory. Pure. */
import type { AttemptRow, SlotRow } from '../../../protocol/window/lab-stream.ts';
import { coveredIn, lengthOf } from '../../time/bars.ts';
import type { Range } from '../../time/time-window.ts';

export interface WorkerRow {
  readonly slot: SlotRow;
  /**
   * Median duration of an attempt, or of an epoch when the number of epochs is known, in
   * milliseconds; null when none has ended.
   */
  readonly medianMs: number | null;
  readonly complete: number;
  /** Number of failures by outcome, without attempts that returned to waiting. */
  readonly failed: ReadonlyMap<string, number>;
  /**
   * Fraction of the known time that the worker was busy, 0 to 1; null when that time is too short.
   */
  readonly busy: number | null;
}

/** Outcomes of attempts that are neither results nor failures. */
const RETURNED: ReadonlySet<string> = new Set([
  'cancelled',
  'paused',
  'superseded',
  'trialCancelled',
]);

/**
 * @param known intervals over which the busy fraction is averaged
 * @param epochsOf returns the epochs of an attempt; null when unknown
 */
export function workerRows(
  slots: readonly SlotRow[],
  attempts: Iterable<AttemptRow>,
  known: readonly Range[] | null,
  epochsOf: (attempt: AttemptRow) => number | null,
): WorkerRow[] {
  const span = known === null ? 0 : lengthOf(known);
  const bySlot = new Map<string, AttemptRow[]>(slots.map(({ slot }) => [slot, []]));
  for (const attempt of attempts) bySlot.get(attempt.slot)?.push(attempt);
  return slots.map((slot) => {
    const own = bySlot.get(slot.slot) ?? [];
    const failed = new Map<string, number>();
    const lengths: number[] = [];
    let complete = 0;
    for (const attempt of own) {
      const { outcome, from, to } = attempt;
      if (to === null || outcome === null || RETURNED.has(outcome)) continue;
      if (outcome === 'succeeded') {
        complete += 1;
        const epochs = epochsOf(attempt);
        if (epochs !== null && epochs > 0) lengths.push((to - from) / epochs);
      } else if (outcome !== 'pruned') failed.set(outcome, (failed.get(outcome) ?? 0) + 1);
    }
    return {
      slot,
      medianMs: median(lengths),
      complete,
      failed,
      busy: known === null || span < 1000 ? null : coveredIn(own, known) / span,
    };
  });
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}

/** Fraction of all workers' time that they were busy, 0 to 1; null when unknown. */
export function busyShare(rows: readonly WorkerRow[]): number | null {
  const known = rows.flatMap(({ busy, slot: { state } }) =>
    busy === null || state === 'drained' ? [] : [busy],
  );
  return known.length === 0 ? null : known.reduce((sum, busy) => sum + busy, 0) / known.length;
}
