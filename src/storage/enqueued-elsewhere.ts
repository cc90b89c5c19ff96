/**
 * Trials that another program enqueued in studies of this lab: rows of Optuna's table in state
 * WAITING, whose attribute `fixed_params` names the parameters to try, or some of them
 * (`optuna.Study.enqueue_trial`).
 */
import { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';
import { parsePythonJson, pythonJson } from './python-json.ts';
import type { EnqueuedElsewhere } from './storage.ts';

/** User attribute of Optuna's table with the reason why a trial was not tried. */
const REFUSED = 'galapagos:refused';
/** Most trials that are taken in at a time. */
const MOST = 1_000;

/** Finds them, and reads the tables only after another connection has changed the file. */
export class EnqueuedTrials {
  readonly #connection: Connection;
  readonly #select: Statement;
  #version: unknown = null;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#select = connection.prepare(
      `SELECT t.trial_id, s.uid, a.value_json FROM galapagos_study s JOIN trials t USING (study_id)
       LEFT JOIN trial_system_attributes a ON a.trial_id = t.trial_id AND a.key = 'fixed_params'
       WHERE t.state = 'WAITING' ORDER BY t.trial_id LIMIT ${MOST}`,
    );
  }

  /** Null: no other connection has changed the file since the last call. */
  found(): readonly EnqueuedElsewhere[] | null {
    const version = this.#connection.get('PRAGMA data_version')?.[0];
    if (version === this.#version) return null;
    this.#version = version;
    const columns = new Columns(this.#connection.file);
    return this.#select.all([]).map(([row, study, params]) => ({
      row: columns.integer('trials.trial_id', row),
      study: columns.text('galapagos_study.uid', study),
      params: jsonOf(params),
    }));
  }

  /** Ends one as failed. Has no effect if another program has claimed it. */
  refuse(row: number, reason: string, date: string): void {
    const ended = this.#connection.run(
      "UPDATE trials SET state = 'FAIL', datetime_start = ?1, datetime_complete = ?1 WHERE trial_id = ?2 AND state = 'WAITING'",
      date,
      row,
    );
    if (ended === 1)
      this.#connection.run(
        'INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)',
        row,
        REFUSED,
        pythonJson(reason),
      );
  }
}

/** Points that were enqueued in one study of this lab, and are no trials of it. */
export interface EnqueuedPoints {
  /** Number of points that are still to be tried. */
  readonly waiting: number;
  /** The first 1,000 of them: as JSON, and as parsed; undefined: it is not JSON. */
  readonly points: readonly { readonly point: string; readonly params: unknown }[];
  /** Points that the study could not try, oldest first: as JSON, with the reason. */
  readonly refused: readonly { readonly point: string; readonly reason: string }[];
}

/** @param studyId of Optuna's table */
export function enqueuedPoints(connection: Connection, studyId: number): EnqueuedPoints {
  const columns = new Columns(connection.file);
  const waiting = connection.get(
    "SELECT count(*) FROM trials WHERE study_id = ? AND state = 'WAITING'",
    studyId,
  );
  const refused = connection
    .prepare(
      `SELECT a.value_json, r.value_json FROM trials t
       JOIN trial_user_attributes r ON r.trial_id = t.trial_id AND r.key = '${REFUSED}'
       LEFT JOIN trial_system_attributes a ON a.trial_id = t.trial_id AND a.key = 'fixed_params'
       WHERE t.study_id = ? AND t.state = 'FAIL' ORDER BY t.trial_id`,
    )
    .all([studyId])
    .map(([point, reason]) => {
      const why = jsonOf(reason);
      return {
        point: typeof point === 'string' ? point : '{}',
        reason: typeof why === 'string' ? why : 'unknown',
      };
    });
  const points = connection
    .prepare(
      `SELECT a.value_json FROM trials t
       LEFT JOIN trial_system_attributes a ON a.trial_id = t.trial_id AND a.key = 'fixed_params'
       WHERE t.study_id = ? AND t.state = 'WAITING' ORDER BY t.trial_id LIMIT ${MOST}`,
    )
    .all([studyId])
    .map(([point]) => ({ point: typeof point === 'string' ? point : '{}', params: jsonOf(point) }));
  return { waiting: columns.integer('trials', waiting?.[0]), points, refused };
}

/** Undefined if it is not JSON. */
function jsonOf(text: unknown): unknown {
  try {
    return typeof text === 'string' ? parsePythonJson(text) : undefined;
  } catch {
    return undefined;
  }
}
