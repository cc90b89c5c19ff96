/**
 * Writes rows of Optuna's tables in an order that keeps every commit consistent for readers: a
 * trial's row with its parameters; at the end its value and attribute together with the state,
 * which changes only if it still is RUNNING.
 */
import type { EndedState, Verdict } from '../core/scheduling/index.ts';
import { directionsOf } from '../core/study/objectives.ts';
import type { Figures, Listed } from '../core/study/objectives.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';
import { FigureRows, widthsOf } from './figures.ts';
import { DIRECTIONS, ENDED_STATES, endedStateOf, optunaValue, valueOf } from './optuna-encoding.ts';
import { pythonJson } from './python-json.ts';
import { resultCode } from './sqlite-failure.ts';
import { nameTaken } from './study-description.ts';
import type { OpenTrial, StudyRows } from './study-rows.ts';

const CONSTRAINT_UNIQUE = 2067;

/** Key of the system attribute of a trial that a pruner has stopped. */
export const VERDICT = 'galapagos:verdict';

/** End of a trial that another program wrote. */
interface FoundEnd {
  readonly state: EndedState;
  readonly value: number | null;
  readonly figures?: Figures;
}

/**
 * SQL of the number of a new trial of study ?1: the newest row of a study has its highest number,
 * because rows are never deleted one by one.
 */
export const NEXT_NUMBER =
  'coalesce((SELECT number FROM trials WHERE study_id = ?1 ORDER BY trial_id DESC LIMIT 1), -1) + 1';

export class OptunaRows {
  readonly #connection: Connection;
  readonly #ownsStudy: Statement;
  readonly #insertTrial: Statement;
  readonly #claim: Statement;
  readonly #dropParams: Statement;
  readonly #insertAttribute: Statement;
  readonly #endTrial: Statement;
  readonly #insertValue: Statement;
  readonly #selectEnd: Statement;
  readonly #isRunning: Statement;
  readonly #setIntermediate: Statement;
  readonly #dropIntermediates: Statement;
  readonly #figures: FigureRows;
  readonly #setVerdict: Statement;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#figures = new FigureRows(connection);
    const prepare = (sql: string): Statement => connection.prepare(sql);
    this.#ownsStudy = prepare(
      "SELECT 1 FROM study_user_attributes WHERE study_id = ? AND key = 'galapagos:uid' AND value_json = ?",
    );
    this.#insertTrial = prepare(
      `INSERT INTO trials (number, study_id, state, datetime_start)
       VALUES (${NEXT_NUMBER}, ?1, 'RUNNING', ?2)`,
    );
    this.#claim = prepare(
      "UPDATE trials SET state = 'RUNNING', datetime_start = ? WHERE trial_id = ? AND study_id = ? AND state = 'WAITING'",
    );
    this.#dropParams = prepare('DELETE FROM trial_params WHERE trial_id = ?');
    this.#insertAttribute = prepare(
      'INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)',
    );
    // A clock that was set back must not make a trial end before its start.
    this.#endTrial = prepare(
      `UPDATE trials SET state = ?2, datetime_complete = max(?3, coalesce(datetime_start, ?3)) WHERE trial_id = ?1 AND state = 'RUNNING'`,
    );
    this.#insertValue = prepare(
      'INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, ?)',
    );
    this.#selectEnd = prepare(
      `SELECT state, value, value_type FROM trials LEFT JOIN trial_values ON trial_values.trial_id = trials.trial_id AND objective = 0
       WHERE trials.trial_id = ?`,
    );
    this.#isRunning = prepare("SELECT 1 FROM trials WHERE trial_id = ? AND state = 'RUNNING'");
    this.#setIntermediate = prepare(
      `INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (?, ?, ?, ?)
       ON CONFLICT (trial_id, step) DO UPDATE
       SET intermediate_value = excluded.intermediate_value, intermediate_value_type = excluded.intermediate_value_type`,
    );
    this.#dropIntermediates = prepare(
      'DELETE FROM trial_intermediate_values WHERE trial_id = ? AND step >= ?',
    );
    this.#setVerdict = prepare(
      'INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?, ?, ?)',
    );
  }

  /** @returns its study_id */
  createStudy(uid: string, spec: StudySpec): number {
    const { file } = this.#connection;
    const id = this.#insertStudyName(spec.name);
    if (id === null) throw nameTaken(file, spec.name);
    for (const [objective, direction] of (directionsOf(spec) ?? [spec.direction]).entries())
      this.#connection.run(
        'INSERT INTO study_directions (direction, study_id, objective) VALUES (?, ?, ?)',
        DIRECTIONS[direction],
        id,
        objective,
      );
    if (spec.objectives !== undefined)
      this.#connection.run(
        "INSERT INTO study_system_attributes (study_id, key, value_json) VALUES (?, 'study:metric_names', ?)",
        id,
        pythonJson(spec.objectives.map(({ metric }) => metric)),
      );
    this.#setStudyAttribute(id, 'galapagos:uid', uid);
    this.describeStudy(id, spec);
    return id;
  }

  /** Writes the attribute `galapagos:study`. */
  describeStudy(studyId: number, { sampler, objective, seed }: StudySpec): void {
    this.#setStudyAttribute(studyId, 'galapagos:study', { sampler, objective, seed });
  }

  /** Returns whether the study still exists. SQLite reuses ids after a deletion. */
  ownsStudy(uid: string, studyId: number): boolean {
    return this.#ownsStudy.get([studyId, pythonJson(uid)]) !== undefined;
  }

  /** Inserts a trial's row, RUNNING from `date` (in the format of `optunaDate`). */
  insertTrial(study: StudyRows, trial: OpenTrial, date: string): number {
    const trialId = this.#insertTrial.insert([study.studyId, date]);
    this.#describe(study, trial, trialId);
    return trialId;
  }

  /**
   * Gives a trial the row of one that another program enqueued, RUNNING from `date`. Returns null
   * if that row is no longer WAITING: another program was faster.
   */
  claim(study: StudyRows, trial: OpenTrial, row: number, date: string): number | null {
    if (this.#claim.run([date, row, study.studyId]) !== 1) return null;
    this.#dropParams.run([row]);
    this.#describe(study, trial, row);
    return row;
  }

  #describe(study: StudyRows, trial: OpenTrial, trialId: number): void {
    study.insertParams(trialId, trial.number, trial.params);
    this.#insertAttribute.run([trialId, 'galapagos:uid', `"${study.uid}/${trial.number}"`]);
    trial.trialId = trialId;
  }

  /** Returns false if the row is no longer RUNNING: another program has ended the trial. */
  endTrial(trialId: number, state: EndedState, date: string): boolean {
    return this.#endTrial.run([trialId, ENDED_STATES[state], date]) === 1;
  }

  /**
   * Writes the value and the attribute of an ended trial.
   * @param value NaN: none
   * @param figures values where the study lists objectives, instead of `value`
   * @param about the attribute `galapagos:trial`, an object
   */
  describeEnd(trialId: number, value: number, figures: Figures | undefined, about: unknown): void {
    if (figures !== undefined) this.#figures.write(trialId, figures);
    else if (!Number.isNaN(value)) this.#insertValue.run([trialId, ...optunaValue(value)]);
    this.#insertAttribute.run([trialId, 'galapagos:trial', pythonJson(about)]);
  }

  isRunning(trialId: number): boolean {
    return this.#isRunning.get([trialId]) !== undefined;
  }

  /** Writes an intermediate value: the score that the trial would have if it ended at this step. */
  setIntermediate(trialId: number, step: number, value: number): void {
    this.#setIntermediate.run([trialId, step, ...optunaValue(value)]);
  }

  dropIntermediates(trialId: number, from: number): void {
    this.#dropIntermediates.run([trialId, from]);
  }

  /** Writes a pruner's verdict as a system attribute, which Optuna ignores. */
  setVerdict(trialId: number, verdict: Verdict): void {
    this.#setVerdict.run([trialId, VERDICT, pythonJson(verdict)]);
  }

  /**
   * Returns how another program ended a trial; null: it has not, or there is no such row.
   * @param listed what the study lists
   */
  foundEnd(trialId: number, listed: Listed): FoundEnd | null {
    const row = this.#selectEnd.get([trialId]);
    const state = endedStateOf(row?.[0]);
    if (state === undefined) return null;
    const value = valueOf(row?.[1], row?.[2]);
    const figures =
      listed.objectives === undefined
        ? undefined
        : this.#figures.read(new Columns(this.#connection.file), trialId, widthsOf(listed));
    return {
      state,
      value: Number.isNaN(value) ? null : value,
      ...(figures === undefined ? {} : { figures }),
    };
  }

  #insertStudyName(name: string): number | null {
    try {
      return this.#connection.prepare('INSERT INTO studies (study_name) VALUES (?)').insert([name]);
    } catch (error) {
      if (resultCode(error) === CONSTRAINT_UNIQUE) return null;
      throw error;
    }
  }

  #setStudyAttribute(studyId: number, key: string, value: unknown): void {
    this.#connection.run(
      `INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?, ?, ?)
       ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json`,
      studyId,
      key,
      pythonJson(value),
    );
  }
}
