/**
 * Summarises a finished study from its stored trials; the lab file's storage computes the same in
 * SQL.
 */
import type { StoredHead, StoredStudy, StoredTrial } from './events.ts';
import { isBetter, reaches } from './stop-rules.ts';

/** @returns null if a study with these trials cannot be left dormant. O(trials log trials) */
export function headOf(
  study: Pick<StoredStudy, 'state' | 'spec' | 'limits'>,
  trials: readonly StoredTrial[],
): StoredHead | null {
  if (study.state !== 'finished') return null;
  const ended = trials.flatMap(({ number, state, end, unsettled, reports }) =>
    end === null || unsettled.length > 0
      ? []
      : [{ number, state, ...end, epochs: (reports.at(-1)?.step ?? -1) + 1 }],
  );
  ended.sort((a, b) => a.finishSeq - b.finishSeq);
  if (ended.length < trials.length || ended.some(({ finishSeq }, i) => finishSeq !== i))
    return null;
  const counts = { complete: 0, pruned: 0, failed: 0, diverged: 0 };
  let best = null as StoredHead['best'];
  let firstHit: number | null = null;
  let prunedEpochs = 0;
  const improvements: { number: number; value: number; finishSeq: number }[] = [];
  for (const { number, state, outcome, value, finishSeq, epochs } of ended) {
    if (state === 'waiting' || state === 'running') return null;
    counts[state] += 1;
    if (outcome === 'diverged') counts.diverged += 1;
    if (state === 'pruned') prunedEpochs += epochs;
    if (state !== 'complete' || !Number.isFinite(value)) continue;
    // No single trial is the best by several objectives.
    if (study.spec.objectives !== undefined) continue;
    if (reaches(study, value)) firstHit = Math.min(firstHit ?? Infinity, number);
    if (best?.value === value && number < best.number) best = { number, value };
    if (best !== null && !isBetter(study, value, best.value)) continue;
    best = { number, value };
    improvements.push({ number, value, finishSeq });
  }
  return { trials: trials.length, counts, prunedEpochs, best, firstHit, improvements };
}
