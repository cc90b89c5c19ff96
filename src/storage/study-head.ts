/**
 * Summarises a finished study by SQL aggregates, without reading its trials one by one; equal to
 * `headOf` of its trials.
 */
import type { StoredHead } from '../core/scheduling/index.ts';
import type { Direction } from '../core/study/study-spec.ts';
import type { Columns } from './columns.ts';
import type { Connection, Row } from './connection.ts';

export interface HeadOf {
  /** `galapagos_study.id`. */
  readonly key: number;
  readonly direction: Direction;
  readonly target: number | null;
  /** True if the study lists objectives, so that no single trial is the best. */
  readonly isListed: boolean;
}

/** Trials with a value that can be ranked. */
const RANKED = "study = ?1 AND state = 'complete' AND abs(value) < 9e999";

/**
 * @returns null if a trial or an attempt has not ended, or completion numbers are missing. Each
 *   query is one pass over the rows
 */
export function readHead(
  connection: Connection,
  columns: Columns,
  { key, direction, target, isListed }: HeadOf,
): StoredHead | null {
  const row =
    connection.get(
      `SELECT count(*), coalesce(sum(state = 'complete'), 0), coalesce(sum(state = 'pruned'), 0), coalesce(sum(state = 'failed'), 0),
         coalesce(sum(outcome = 'diverged'), 0), count(DISTINCT finish_seq), coalesce(min(finish_seq), 0), coalesce(max(finish_seq), -1),
         coalesce(max(number), -1)
       FROM galapagos_trial WHERE study = ?`,
      key,
    ) ?? [];
  const [
    trials = 0,
    complete = 0,
    pruned = 0,
    failed = 0,
    diverged = 0,
    distinct,
    least,
    most,
    highest,
  ] = row.map((count) => columns.integer('count', count));
  const dense = distinct === trials && least === 0 && most === trials - 1 && highest === trials - 1;
  if (!dense || complete + pruned + failed !== trials || hasOpenAttempt(connection, key))
    return null;
  const counts = { complete, pruned, failed, diverged };
  const epochs = pruned === 0 ? 0 : prunedEpochs(connection, columns, key);
  if (isListed)
    return {
      trials,
      counts,
      prunedEpochs: epochs,
      best: null,
      firstHit: null,
      improvements: [],
    };
  const better = direction === 'minimize' ? '<' : '>';
  const improvements = connection.all(
    `SELECT number, value, finish_seq FROM (
       SELECT number, value, finish_seq, ${direction === 'minimize' ? 'min' : 'max'}(value) OVER (
         ORDER BY finish_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
       FROM galapagos_trial WHERE ${RANKED})
     WHERE before IS NULL OR value ${better} before ORDER BY finish_seq`,
    key,
  );
  const last = improvements.at(-1);
  const value = last === undefined ? null : columns.real('galapagos_trial.value', last[1]);
  const best = value === null ? undefined : connection.get(smallest('value = ?2'), key, value);
  const hit =
    target === null ? undefined : connection.get(smallest(`value ${better}= ?2`), key, target);
  const number = (found: Row | undefined): number | null =>
    columns.integerOrNull('galapagos_trial.number', found?.[0] ?? null);
  const bestNumber = number(best);
  return {
    trials,
    counts,
    prunedEpochs: epochs,
    best: bestNumber === null || value === null ? null : { number: bestNumber, value },
    firstHit: number(hit),
    improvements: improvements.map((step) => ({
      number: columns.integer('galapagos_trial.number', step[0]),
      value: columns.real('galapagos_trial.value', step[1]),
      finishSeq: columns.integer('galapagos_trial.finish_seq', step[2]),
    })),
  };
}

/** Number of epochs that the pruned trials of a study trained, together. */
export function prunedEpochs(connection: Connection, columns: Columns, key: number): number {
  const row = connection.get(
    `SELECT coalesce(sum((SELECT max(step) + 1 FROM trial_intermediate_values reported
       WHERE reported.trial_id = ours.trial_id)), 0)
     FROM galapagos_trial ours WHERE study = ? AND state = 'pruned'`,
    key,
  );
  return columns.integer('trial_intermediate_values.step', row?.[0]);
}

/** The smallest number among the rankable trials that fulfil a condition. */
function smallest(condition: string): string {
  return `SELECT min(number) FROM galapagos_trial WHERE ${RANKED} AND ${condition}`;
}

function hasOpenAttempt(connection: Connection, key: number): boolean {
  return (
    connection.get(
      'SELECT 1 FROM galapagos_attempt WHERE study = ? AND outcome IS NULL LIMIT 1',
      key,
    ) !== undefined
  );
}
