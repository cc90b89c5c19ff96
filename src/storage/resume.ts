/**
 * Opens a lab file for writing: determines the holder, takes the next epoch, and reconciles the
 * project's rows with Optuna's, which other programs may have changed. All in one transaction, so
 * that a refusal changes nothing.
 */
import { randomUUID } from 'node:crypto';
import { holder as holderSchema, uidAttribute } from '../protocol/lab-file.ts';
import type { Holder } from '../protocol/lab-file.ts';
import { createAuditTables } from './audit-rows.ts';
import { Columns } from './columns.ts';
import type { Connection } from './connection.ts';
import { StorageError } from './errors.ts';
import { FIRST_FORMAT } from './format.ts';
import { isAlive, isHere, thisProcess } from './holder.ts';
import { addMissingColumns } from './metric-columns.ts';
import { endedStateOf, valueOf } from './optuna-encoding.ts';
import { pythonJson } from './python-json.ts';
import type { Recognised } from './recognise.ts';
import {
  GALAPAGOS_DDL,
  EDIT_REQUEST_DDL,
  HISTORY_DDL,
  OPTUNA_DDL,
  PREDICTION_DDL,
  STUDY_TABLES,
} from './schema.ts';
import { isBusy } from './sqlite-failure.ts';

export interface Hold {
  readonly epoch: number;
  readonly uid: string;
}

/** Returns the holder of a file as text; null: none. */
export function holderOf(connection: Connection, found: Recognised): string | null {
  if (found !== 'lab') return null;
  return new Columns(connection.file).textOrNull(
    'galapagos_lab.holder',
    connection.get('SELECT holder FROM galapagos_lab')?.[0] ?? null,
  );
}

/** Returns whether a process has the file open for writing, or may have it on another host. */
export function isHeld(connection: Connection, holderText: string | null): boolean {
  if (holderText === null) return false;
  const holder = new Columns(connection.file).json(
    'galapagos_lab.holder',
    holderSchema,
    holderText,
  );
  return !isHere(holder) || isAlive(holder);
}

/** @throws StorageError held: the holder lives, or may live */
export function refuseHeld(connection: Connection, holderText: string | null): void {
  if (holderText === null) return;
  const holder = new Columns(connection.file).json(
    'galapagos_lab.holder',
    holderSchema,
    holderText,
  );
  if (isHere(holder) ? isAlive(holder) : isOpenElsewhere(connection))
    throw heldBy(connection.file, holder);
}

/**
 * Names the process that has the owner's lock. Returns if the file does not name it yet, or names
 * one that has ended.
 * @throws StorageError held
 */
export function refuseOwner(connection: Connection, holderText: string | null): void {
  if (holderText === null) return;
  const holder = new Columns(connection.file).json(
    'galapagos_lab.holder',
    holderSchema,
    holderText,
  );
  if (!isHere(holder) || isAlive(holder)) throw heldBy(connection.file, holder);
}

/** @throws StorageError held: another process has become the holder since the check */
export function refuseRival(
  connection: Connection,
  found: Recognised,
  judged: string | null,
): void {
  const holderText = holderOf(connection, found);
  if (holderText === null || holderText === judged) return;
  throw heldBy(
    connection.file,
    new Columns(connection.file).json('galapagos_lab.holder', holderSchema, holderText),
  );
}

function heldBy(file: string, holder: Holder): StorageError {
  const who = `process ${holder.pid}${isHere(holder) ? '' : ` on ${holder.host}`}`;
  const sentence = isHere(holder)
    ? 'is writing it; stop that program first, or use another lab file'
    : 'was writing it, and some process still has it open; end that process first';
  return new StorageError('held', file, `${file}: ${who} ${sentence}`, {
    expected: 'a lab that no other process writes',
    found: who,
  });
}

/**
 * Returns whether another connection, of any process that shares this file's locks, has the file
 * open. The pid of another host or container proves nothing, but leaving WAL mode requires
 * exclusive access.
 */
function isOpenElsewhere(connection: Connection): boolean {
  try {
    connection.get('PRAGMA journal_mode=DELETE');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  }
}

/**
 * Inside a transaction: creates what is missing, adds missing columns, takes the next epoch and the
 * hold, joins the studies.
 * @param found what the file is
 * @throws StorageError damaged
 */
export function takeHold(connection: Connection, found: Recognised): Hold {
  if (found === 'empty') for (const sql of OPTUNA_DDL) connection.exec(sql);
  if (found !== 'lab') {
    for (const sql of GALAPAGOS_DDL) connection.exec(sql);
    connection.run(
      'INSERT INTO galapagos_lab (id, format, uid, epoch) VALUES (1, ?, ?, 0)',
      FIRST_FORMAT,
      randomUUID(),
    );
  }
  addMissingColumns(connection);
  createAuditTables(connection);
  connection.exec(PREDICTION_DDL);
  for (const sql of HISTORY_DDL) connection.exec(sql);
  connection.exec(EDIT_REQUEST_DDL);
  // Running attempts of audits are not continued after a restart: the audits are due again.
  connection.run("UPDATE galapagos_audit SET outcome = 'lost' WHERE outcome IS NULL");
  const columns = new Columns(connection.file);
  const row = connection.get('SELECT uid, epoch FROM galapagos_lab') ?? [];
  const epoch = columns.integer('galapagos_lab.epoch', row[1]) + 1;
  connection.run(
    'UPDATE galapagos_lab SET epoch = ?, holder = ?',
    epoch,
    JSON.stringify(thisProcess()),
  );
  joinStudies(connection, columns);
  return { epoch, uid: columns.text('galapagos_lab.uid', row[0]) };
}

/**
 * Finds each study of ours by its uid, since a rename in the dashboard copies it under new ids;
 * drops the rows of studies that are gone; takes in the ends that other programs wrote.
 */
function joinStudies(connection: Connection, columns: Columns): void {
  for (const row of connection.all('SELECT id, uid, study_id FROM galapagos_study')) {
    const key = columns.integer('galapagos_study.id', row[0]);
    const uid = columns.text('galapagos_study.uid', row[1]);
    const before = columns.integer('galapagos_study.study_id', row[2]);
    const holders = connection
      .all(
        "SELECT study_id FROM study_user_attributes WHERE key = 'galapagos:uid' AND value_json = ? ORDER BY study_id",
        pythonJson(uid),
      )
      .map(([id]) => columns.integer('study_user_attributes.study_id', id));
    const [first] = holders;
    if (first === undefined) {
      for (const table of STUDY_TABLES) connection.run(`DELETE FROM ${table} WHERE study = ?`, key);
      connection.run('DELETE FROM galapagos_study WHERE id = ?', key);
      continue;
    }
    const studyId = holders.includes(before) ? before : first;
    if (studyId !== before) joinTrials(connection, columns, { key, uid, studyId });
    refuseLostEnds(connection, columns, { key, uid, studyId });
    takeForeignEnds(connection, columns, key);
  }
}

interface Joined {
  readonly key: number;
  readonly uid: string;
  readonly studyId: number;
}

/** After a copy under new ids: each trial by its own uid. */
function joinTrials(connection: Connection, columns: Columns, { key, uid, studyId }: Joined): void {
  connection.run('UPDATE galapagos_study SET study_id = ? WHERE id = ?', studyId, key);
  connection.run('UPDATE galapagos_trial SET trial_id = NULL WHERE study = ?', key);
  const setTrialId = connection.prepare(
    'UPDATE galapagos_trial SET trial_id = ? WHERE study = ? AND number = ?',
  );
  const attributes = connection.all(
    `SELECT trial_id, value_json FROM trials JOIN trial_user_attributes USING (trial_id) WHERE study_id = ? AND key = 'galapagos:uid'`,
    studyId,
  );
  for (const [id, value] of attributes) {
    const name = columns.json('trial_user_attributes.value_json', uidAttribute, value);
    const number = name.startsWith(`${uid}/`) ? Number(name.slice(uid.length + 1)) : NaN;
    if (Number.isSafeInteger(number))
      setTrialId.run([columns.integer('trials.trial_id', id), key, number]);
  }
}

/**
 * An end of ours is written with Optuna's in one transaction, so one without the other is damage.
 */
function refuseLostEnds(
  connection: Connection,
  columns: Columns,
  { key, uid, studyId }: Joined,
): void {
  const row = connection.get(
    `SELECT ours.number, ours.state, trials.state FROM galapagos_trial ours LEFT JOIN trials ON trials.trial_id = ours.trial_id AND study_id = ?2
     WHERE study = ?1 AND ours.trial_id IS NOT NULL
       AND (trials.state IS NULL OR (ours.state NOT IN ('waiting', 'running') AND trials.state IN ('RUNNING', 'WAITING')))
     ORDER BY ours.number LIMIT 1`,
    key,
    studyId,
  );
  if (row === undefined) return;
  const number = columns.integer('galapagos_trial.number', row[0]);
  const found = typeof row[2] === 'string' ? row[2] : 'no such row';
  throw new StorageError(
    'damaged',
    connection.file,
    `${connection.file}: trial ${number} of study ${uid} is ${String(row[1])} for us, but ${found} in Optuna's table`,
    { expected: String(row[1]), found },
  );
}

/**
 * Trials of ours that another program ended while no coordinator ran: ended as found, after all
 * others in the order of completion.
 */
function takeForeignEnds(connection: Connection, columns: Columns, key: number): void {
  const rows = connection.all(
    `SELECT ours.number, trials.state, trial_values.value, value_type
     FROM galapagos_trial ours JOIN trials USING (trial_id) LEFT JOIN trial_values ON trial_values.trial_id = ours.trial_id AND objective = 0
     WHERE study = ? AND ours.state IN ('waiting', 'running') AND trials.state NOT IN ('RUNNING', 'WAITING') ORDER BY ours.number`,
    key,
  );
  if (rows.length === 0) return;
  const last =
    connection.get('SELECT max(finish_seq) FROM galapagos_trial WHERE study = ?', key)?.[0] ?? null;
  let finishSeq = last === null ? 0 : columns.integer('galapagos_trial.finish_seq', last) + 1;
  const end = connection.prepare(
    "UPDATE galapagos_trial SET state = ?, outcome = 'endedElsewhere', value = ?, finish_seq = ?, ended_by = 0 WHERE study = ? AND number = ?",
  );
  for (const [number, found, value, type] of rows) {
    const state = endedStateOf(found);
    if (state === undefined) {
      throw new StorageError(
        'damaged',
        connection.file,
        `${connection.file}: trials.state: expected a state of Optuna's, found ${String(found)}`,
      );
    }
    const kept = valueOf(value, type);
    end.run([
      state,
      Number.isNaN(kept) ? null : kept,
      finishSeq++,
      key,
      columns.integer('galapagos_trial.number', number),
    ]);
  }
}
