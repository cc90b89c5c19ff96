/**
 * Stores name, note and deletion of a study in Optuna's tables: the name is the study's own, note
 * and deletion are user attributes, so that Optuna and older versions can still read the file. A
 * deleted study keeps all its rows until it is removed.
 */
import type { Write } from '../core/scheduling/index.ts';
import { deletedAttribute, noteAttribute } from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';
import type { Connection } from './connection.ts';
import { StorageError } from './errors.ts';
import { pythonJson } from './python-json.ts';
import { STUDY_TABLES, TRIAL_TABLES } from './schema.ts';
import { resultCode } from './sqlite-failure.ts';

const NOTE = 'galapagos:note';
const DELETED = 'galapagos:deleted';
/** Value of the attribute `galapagos:deleted` once the removal has begun. */
const REMOVING = 'removing';
const CONSTRAINT_UNIQUE = 2067;

/** Ids of a study's rows. */
export interface StudyIds {
  /** `galapagos_study.id`. */
  readonly key: number;
  readonly studyId: number;
}

export interface StudyDescription {
  readonly note: string;
  readonly deleted: boolean;
  readonly removing: boolean;
}

/**
 * Reads the attributes; values of another type, which only other programs write, count as absent.
 */
export function readDescription(
  connection: Connection,
  columns: Columns,
  studyId: number,
): StudyDescription {
  const of = (key: string): unknown =>
    connection.get(
      'SELECT value_json FROM study_user_attributes WHERE study_id = ? AND key = ?',
      studyId,
      key,
    )?.[0] ?? null;
  const [note, deleted] = [of(NOTE), of(DELETED)];
  const mark =
    deleted === null
      ? null
      : columns.json('study_user_attributes.value_json', deletedAttribute, deleted);
  return {
    note:
      note === null ? '' : columns.json('study_user_attributes.value_json', noteAttribute, note),
    deleted: mark !== null,
    removing: mark === REMOVING,
  };
}

/** Writes name, note and deletion. @throws StorageError name-taken */
export function writeDescription(
  connection: Connection,
  { key, studyId }: StudyIds,
  { name, note, deleted }: Of<'description'>,
): void {
  rename(connection, studyId, name);
  connection.run(
    "UPDATE galapagos_study SET spec = json_set(spec, '$.name', ?) WHERE id = ?",
    name,
    key,
  );
  setAttribute(connection, studyId, NOTE, note === '' ? null : note);
  setAttribute(connection, studyId, DELETED, deleted ? true : null);
}

type Of<Op extends Write['op']> = Extract<Write, { op: Op }>;

/** Renames the study in both tables. @throws StorageError name-taken */
function rename(connection: Connection, studyId: number, name: string): void {
  try {
    connection.run(
      'UPDATE studies SET study_name = ? WHERE study_id = ? AND study_name <> ?',
      name,
      studyId,
      name,
    );
  } catch (error) {
    if (resultCode(error) === CONSTRAINT_UNIQUE) throw nameTaken(connection.file, name);
    throw error;
  }
}

export function nameTaken(file: string, name: string): StorageError {
  return new StorageError(
    'name-taken',
    file,
    `${file}: it already contains a study named ${JSON.stringify(name)}`,
    {
      expected: 'another name',
      found: name,
    },
  );
}

/** @param value null: removes the attribute */
function setAttribute(connection: Connection, studyId: number, key: string, value: unknown): void {
  if (value === null) {
    connection.run(
      'DELETE FROM study_user_attributes WHERE study_id = ? AND key = ?',
      studyId,
      key,
    );
    return;
  }
  connection.run(
    `INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?, ?, ?)
     ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json`,
    studyId,
    key,
    pythonJson(value),
  );
}

/** Tables of Optuna with rows of a trial. */
const OF_TRIALS = [
  'trial_user_attributes',
  'trial_system_attributes',
  'trial_params',
  'trial_values',
  'trial_intermediate_values',
  'trial_heartbeats',
] as const;
/** Tables of Optuna with rows of a study, beside its trials. */
const OF_STUDIES = [
  'study_directions',
  'study_user_attributes',
  'study_system_attributes',
  'studies',
] as const;

/** Removes the trials from number `from` on, and marks the study as one that cannot be restored. */
export function removeTrials(
  connection: Connection,
  { key, studyId }: StudyIds,
  from: number,
): void {
  setAttribute(connection, studyId, DELETED, REMOVING);
  // A trial's row is looked up within its own study only: SQLite reuses ids after a deletion.
  removeRows(
    connection,
    `SELECT trial_id FROM trials JOIN galapagos_trial ours USING (trial_id) WHERE study_id = ?1 AND ours.study = ?2 AND ours.number >= ?3`,
    [studyId, key, from],
  );
  for (const table of TRIAL_TABLES) {
    connection.run(`DELETE FROM ${table} WHERE study = ? AND number >= ?`, key, from);
  }
}

/** Removes a study whose trials have been removed, including rows that other programs added. */
export function removeStudy(connection: Connection, { key, studyId }: StudyIds): void {
  removeRows(connection, 'SELECT trial_id FROM trials WHERE study_id = ?1', [studyId]);
  for (const table of OF_STUDIES)
    connection.run(`DELETE FROM ${table} WHERE study_id = ?`, studyId);
  for (const table of STUDY_TABLES) connection.run(`DELETE FROM ${table} WHERE study = ?`, key);
  connection.run('DELETE FROM galapagos_study WHERE id = ?', key);
}

/** @param select ids of the trials; must not depend on rows that are removed earlier */
function removeRows(connection: Connection, select: string, values: readonly number[]): void {
  const ids = connection.all(select, ...values).map(([id]) => id);
  if (ids.length === 0) return;
  const list = JSON.stringify(ids);
  for (const table of [...OF_TRIALS, 'trials']) {
    connection.run(`DELETE FROM ${table} WHERE trial_id IN (SELECT value FROM json_each(?))`, list);
  }
}
