/**
 * Evaluations of ended trials on other nodes, kept apart from the attempts: no query over trials and
 * attempts sees them.
 */
import type { StoredAudit, Write } from '../core/scheduling/index.ts';
import { attemptOutcome, auditVerdict } from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';
import type { AuditRecord } from './lab-reader.ts';

type Of<Op extends Write['op']> = Extract<Write, { op: Op }>;

export class AuditRows {
  readonly #due: Statement;
  readonly #settle: Statement;
  readonly #insert: Statement;
  readonly #end: Statement;

  constructor(connection: Connection) {
    this.#due = connection.prepare(
      'INSERT INTO galapagos_audit_due (study, number, slot, value, arithmetic, known) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#settle = connection.prepare(
      'DELETE FROM galapagos_audit_due WHERE study = ? AND number = ?',
    );
    this.#insert = connection.prepare(
      'INSERT INTO galapagos_audit (study, number, k, slot, sent_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#end = connection.prepare(
      `UPDATE galapagos_audit SET ended_at = ?, outcome = ?, value = ?, verdict = ?, executor = ?, ms = ?, detail = ?
       WHERE study = ? AND number = ? AND k = ?`,
    );
  }

  /** @param key `galapagos_study.id` */
  due(key: number, { number, slot, value, arithmetic }: Of<'auditDue'>): void {
    const { label, known } = arithmetic;
    this.#due.run([key, number, slot, value, label, Number(known)]);
  }

  /** Has no effect if another program has ended the trial: the audit was then not stored. */
  settle(key: number, number: number): void {
    this.#settle.run([key, number]);
  }

  start(key: number, { attempt, slot }: Of<'auditStarted'>, nowMs: number): void {
    this.#insert.run([key, attempt.number, attempt.attemptNumber, slot, nowMs]);
  }

  /** Has no effect if another program has ended the trial: the audit was then not stored. */
  end(key: number, write: Of<'auditEnded'>, nowMs: number): void {
    const { attempt, outcome, value, verdict, executor, ms, detail } = write;
    const ended = [nowMs, outcome, value, verdict, executor, ms, detail];
    this.#end.run([...ended, key, attempt.number, attempt.attemptNumber]);
  }
}

/** Audits of a trial, oldest first. Files of earlier versions have no table of them. */
export function readAudits(
  connection: Connection,
  columns: Columns,
  key: number,
  number: number,
): AuditRecord[] {
  if (!connection.hasTable('galapagos_audit')) return [];
  return connection
    .all(
      `SELECT k, slot, outcome, value, verdict, executor, ms, detail FROM galapagos_audit
       WHERE study = ? AND number = ? ORDER BY k`,
      key,
      number,
    )
    .map((row) => ({
      attemptNumber: columns.integer('galapagos_audit.k', row[0]),
      slot: columns.text('galapagos_audit.slot', row[1]),
      outcome:
        row[2] === null ? null : columns.parsed('galapagos_audit.outcome', attemptOutcome, row[2]),
      value: row[3] === null ? null : columns.real('galapagos_audit.value', row[3]),
      verdict:
        row[4] === null ? null : columns.parsed('galapagos_audit.verdict', auditVerdict, row[4]),
      executor: columns.textOrNull('galapagos_audit.executor', row[5] ?? null),
      ms: row[6] === null ? null : columns.real('galapagos_audit.ms', row[6]),
      detail: columns.textOrNull('galapagos_audit.detail', row[7] ?? null),
    }));
}

/** Audits of a study that are not over, in the order of their trials. */
export function readDueAudits(
  connection: Connection,
  columns: Columns,
  key: number,
): StoredAudit[] {
  const attempts = new Map<number, StoredAudit['attempts'][number][]>();
  const rows = connection.all(
    `SELECT number, k, slot, outcome, value FROM galapagos_audit WHERE study = ?1
       AND number IN (SELECT number FROM galapagos_audit_due WHERE study = ?1) ORDER BY number, k`,
    key,
  );
  for (const [of, k, slot, outcome, value] of rows) {
    const number = columns.integer('galapagos_audit.number', of);
    const before = attempts.get(number) ?? [];
    attempts.set(number, before);
    before.push({
      attemptNumber: columns.integer('galapagos_audit.k', k),
      slot: columns.text('galapagos_audit.slot', slot),
      outcome: columns.parsed('galapagos_audit.outcome', attemptOutcome, outcome ?? 'lost'),
      value: value === null ? null : columns.real('galapagos_audit.value', value),
    });
  }
  return connection
    .all(
      `SELECT number, slot, value, arithmetic, known FROM galapagos_audit_due
       WHERE study = ? ORDER BY number`,
      key,
    )
    .map((row) => {
      const number = columns.integer('galapagos_audit_due.number', row[0]);
      return {
        number,
        slot: columns.text('galapagos_audit_due.slot', row[1]),
        value: columns.real('galapagos_audit_due.value', row[2]),
        arithmetic: {
          label: columns.text('galapagos_audit_due.arithmetic', row[3]),
          known: columns.integer('galapagos_audit_due.known', row[4]) !== 0,
        },
        attempts: attempts.get(number) ?? [],
      };
    });
}
