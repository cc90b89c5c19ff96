/**
 * Evaluations of ended trials on other nodes, kept apart from the attempts: no query over trials
 * and attempts sees them.
 */
import type {
  AuditedValue,
  Difference,
  StoredAudit,
  StoredMismatch,
  Write,
} from '../core/scheduling/index.ts';
import {
  attemptOutcome,
  auditDifference,
  auditFigures,
  auditVerdict,
} from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';
import type { AuditRecord } from './lab-reader.ts';
import { pythonJson } from './python-json.ts';
import { AUDIT_COLUMNS, AUDIT_DDL, AUDIT_DUE_DDL, MISMATCH_DDL } from './schema.ts';

type Of<Op extends Write['op']> = Extract<Write, { op: Op }>;

/** Creates the tables and columns that the file lacks. Must be called inside a transaction. */
export function createAuditTables(connection: Connection): void {
  for (const sql of [AUDIT_DDL, AUDIT_DUE_DDL, MISMATCH_DDL]) connection.exec(sql);
  for (const [table, columns] of Object.entries(AUDIT_COLUMNS)) {
    const present = columnsOf(connection, table);
    for (const column of columns) {
      const [name = ''] = column.split(' ');
      if (!present.has(name)) connection.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`);
    }
  }
}

function columnsOf(connection: Connection, table: string): ReadonlySet<unknown> {
  const rows = connection.all(`SELECT name FROM pragma_table_info('${table}')`);
  return new Set(rows.map(([name]) => name));
}

export class AuditRows {
  readonly #due: Statement;
  readonly #settle: Statement;
  readonly #insert: Statement;
  readonly #end: Statement;
  readonly #mismatch: Statement;
  readonly #forget: Statement;

  constructor(connection: Connection) {
    this.#due = connection.prepare(
      'INSERT INTO galapagos_audit_due (study, number, slot, value, arithmetic, known, figures, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#settle = connection.prepare(
      'DELETE FROM galapagos_audit_due WHERE study = ? AND number = ?',
    );
    this.#insert = connection.prepare(
      'INSERT INTO galapagos_audit (study, number, k, slot, sent_at) VALUES (?, ?, ?, ?, ?)',
    );
    this.#end = connection.prepare(
      `UPDATE galapagos_audit SET ended_at = ?, outcome = ?, value = ?, verdict = ?, difference = ?, executor = ?, ms = ?, detail = ?
       WHERE study = ? AND number = ? AND k = ?`,
    );
    this.#mismatch = connection.prepare(
      'INSERT INTO galapagos_mismatch (study, number, node, metric, value, value_from, found, found_by, found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#forget = connection.prepare('DELETE FROM galapagos_mismatch WHERE node = ?');
  }

  /** @param key `galapagos_study.id` */
  due(key: number, { number, slot, value, arithmetic, figures, until }: Of<'auditDue'>): void {
    const { label, known } = arithmetic;
    const compared = pythonJson(figures);
    this.#due.run([key, number, slot, value, label, Number(known), compared, until]);
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
    const difference = write.difference === null ? null : pythonJson(write.difference);
    const ended = [nowMs, outcome, value, verdict, difference, executor, ms, detail];
    this.#end.run([...ended, key, attempt.number, attempt.attemptNumber]);
  }

  mismatch(key: number, write: Of<'mismatch'>, nowMs: number): void {
    const { number, node, metric, value, from, found, by } = write;
    this.#mismatch.run([key, number, node, metric, value, from, found, by, nowMs]);
  }

  forget({ node }: Of<'mismatchesForgotten'>): void {
    this.#forget.run([node]);
  }
}

/** Wrong values of nodes, oldest first. */
export function readMismatches(connection: Connection, columns: Columns): StoredMismatch[] {
  return connection
    .all(
      `SELECT node, uid, number, metric, value, value_from, found, found_by
       FROM galapagos_mismatch JOIN galapagos_study ON galapagos_study.id = galapagos_mismatch.study
       ORDER BY found_at, galapagos_mismatch.study, number`,
    )
    .map((row) => ({
      node: columns.text('galapagos_mismatch.node', row[0]),
      uid: columns.text('galapagos_study.uid', row[1]),
      number: columns.integer('galapagos_mismatch.number', row[2]),
      metric: columns.text('galapagos_mismatch.metric', row[3]),
      value: columns.real('galapagos_mismatch.value', row[4]),
      from: columns.text('galapagos_mismatch.value_from', row[5]),
      found: columns.real('galapagos_mismatch.found', row[6]),
      by: columns.text('galapagos_mismatch.found_by', row[7]),
    }));
}

/** Audits of a trial, oldest first. Files of earlier versions lack the table, or the difference. */
export function readAudits(
  connection: Connection,
  columns: Columns,
  key: number,
  number: number,
): AuditRecord[] {
  if (!connection.hasTable('galapagos_audit')) return [];
  const difference = columnsOf(connection, 'galapagos_audit').has('difference')
    ? 'difference'
    : 'NULL';
  return connection
    .all(
      `SELECT k, slot, outcome, value, verdict, executor, ms, detail, ${difference} FROM galapagos_audit
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
      difference: differenceIn(columns, row[8] ?? null),
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
    `SELECT number, k, slot, outcome, value, difference FROM galapagos_audit WHERE study = ?1
       AND number IN (SELECT number FROM galapagos_audit_due WHERE study = ?1) ORDER BY number, k`,
    key,
  );
  for (const [of, k, slot, outcome, value, difference] of rows) {
    const number = columns.integer('galapagos_audit.number', of);
    const before = attempts.get(number) ?? [];
    attempts.set(number, before);
    before.push({
      attemptNumber: columns.integer('galapagos_audit.k', k),
      slot: columns.text('galapagos_audit.slot', slot),
      outcome: columns.parsed('galapagos_audit.outcome', attemptOutcome, outcome ?? 'lost'),
      value: value === null ? null : columns.real('galapagos_audit.value', value),
      difference: differenceIn(columns, difference ?? null),
    });
  }
  return connection
    .all(
      `SELECT number, slot, value, arithmetic, known, figures, until FROM galapagos_audit_due
       WHERE study = ? ORDER BY number`,
      key,
    )
    .map((row) => {
      const number = columns.integer('galapagos_audit_due.number', row[0]);
      const value = columns.real('galapagos_audit_due.value', row[2]);
      return {
        number,
        slot: columns.text('galapagos_audit_due.slot', row[1]),
        value,
        figures: figuresIn(columns, row[5] ?? null, value),
        until: columns.integerOrNull('galapagos_audit_due.until', row[6] ?? null),
        arithmetic: {
          label: columns.text('galapagos_audit_due.arithmetic', row[3]),
          known: columns.integer('galapagos_audit_due.known', row[4]) !== 0,
        },
        attempts: attempts.get(number) ?? [],
      };
    });
}

function differenceIn(columns: Columns, text: unknown): Difference | null {
  return text === null ? null : columns.json('galapagos_audit.difference', auditDifference, text);
}

/** Releases that compared the value alone wrote no numbers to compare. */
function figuresIn(columns: Columns, text: unknown, value: number): AuditedValue['figures'] {
  if (text !== null) return columns.json('galapagos_audit_due.figures', auditFigures, text);
  return Number.isFinite(value) ? { value } : null;
}
