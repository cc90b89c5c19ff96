/** Reads what ran where and when, newest first, for the timeline. */
import { attemptOutcome } from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';
import type { Connection } from './connection.ts';
import type { AttemptEntry, AttemptFilter } from './lab-reader.ts';
import { figuresOf } from './result-figures.ts';

const SELECT = `SELECT uid, number, k, slot, sent_at, ended_at, outcome, result, detail
  FROM galapagos_attempt JOIN galapagos_study ON galapagos_study.id = galapagos_attempt.study
  WHERE (?1 IS NULL OR uid = ?1) AND sent_at < ?2 AND sent_at >= ?3 ORDER BY sent_at DESC LIMIT ?4`;

export function attemptEntries(
  connection: Connection,
  columns: Columns,
  { study, before, since, most }: AttemptFilter,
): AttemptEntry[] {
  return connection.all(SELECT, study, before, since, most).map((row) => {
    const sent = columns.integer('galapagos_attempt.sent_at', row[4]);
    const to = columns.integerOrNull('galapagos_attempt.ended_at', row[5]);
    const { ms, value } = figuresOf(row[7]);
    return {
      study: columns.text('galapagos_study.uid', row[0]),
      number: columns.integer('galapagos_attempt.number', row[1]),
      attemptNumber: columns.integer('galapagos_attempt.k', row[2]),
      slot: columns.text('galapagos_attempt.slot', row[3]),
      // Sent is not begun: it may have waited behind another.
      from: to === null || Number.isNaN(ms) ? sent : to - ms,
      to,
      outcome:
        row[6] === null
          ? null
          : columns.parsed('galapagos_attempt.outcome', attemptOutcome, row[6]),
      value: Number.isNaN(value) ? null : value,
      detail: columns.textOrNull('galapagos_attempt.detail', row[8]),
    };
  });
}
