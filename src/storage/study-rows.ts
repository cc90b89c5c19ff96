/**
 * What the writer knows of one study's rows without asking the file for each write: keys, encoded
 * distributions, and its open trials. Everything here is read back from the file when missing, so
 * that after a rollback it can simply be dropped.
 */
import { axesOf } from '../core/search-space/axis.ts';
import type { Axis } from '../core/search-space/axis.ts';
import type { EncodedParams } from '../core/search-space/distribution.ts';
import type { Origin } from '../core/samplers/sampler.ts';
import type { AttemptResult } from '../core/scheduling/index.ts';
import { parents as parentsSchema, storedResult, storedSpec } from '../protocol/lab-file.ts';
import { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';
import { StorageError } from './errors.ts';
import { distributionJson } from './optuna-encoding.ts';

/** A trial that has not ended. */
export interface OpenTrial {
  readonly number: number;
  readonly params: EncodedParams;
  readonly origin: Origin;
  /** Null: it has no row of Optuna's yet. */
  trialId: number | null;
  /** Its newest attempt. */
  attempt: { readonly k: number; readonly slot: string; result: AttemptResult | null } | null;
}

export class StudyRows {
  readonly uid: string;
  /** `galapagos_study.id`. */
  readonly key: number;
  readonly studyId: number;
  readonly axes: readonly Axis[];
  /** Open trials with numbers below this have a row of Optuna's. */
  rowsBelow: number;
  readonly #file: string;
  readonly #open = new Map<number, OpenTrial>();
  readonly #selectTrial: Statement;
  readonly #selectAttempt: Statement;
  readonly #insertParams: Statement;

  /** @throws StorageError contradiction: no such study */
  constructor(connection: Connection, uid: string) {
    const columns = new Columns(connection.file);
    const row = connection.get('SELECT id, study_id, spec FROM galapagos_study WHERE uid = ?', uid);
    if (row === undefined)
      throw new StorageError(
        'contradiction',
        connection.file,
        `${connection.file}: no study ${uid}`,
        {
          expected: 'a study of this lab',
          found: uid,
        },
      );
    this.uid = uid;
    this.#file = connection.file;
    this.key = columns.integer('galapagos_study.id', row[0]);
    this.studyId = columns.integer('galapagos_study.study_id', row[1]);
    this.axes = axesOf(columns.json('galapagos_study.spec', storedSpec, row[2]).searchSpace);
    // Rows enter in number order. Searched from the end: a search for the first trial without a row
    // would read all trials of a study.
    const last = connection.get(
      'SELECT number FROM galapagos_trial WHERE study = ? AND trial_id IS NOT NULL ORDER BY number DESC LIMIT 1',
      this.key,
    );
    this.rowsBelow =
      last === undefined ? 0 : columns.integer('galapagos_trial.number', last[0]) + 1;
    this.#selectTrial = connection.prepare(
      'SELECT state, trial_id, params, operator, parents, generation FROM galapagos_trial WHERE study = ? AND number = ?',
    );
    this.#selectAttempt = connection.prepare(
      'SELECT k, slot, result FROM galapagos_attempt WHERE study = ? AND number = ? ORDER BY k DESC LIMIT 1',
    );
    this.#insertParams = connection.prepare(insertParamsSql(this.axes));
  }

  /** A proposal just written. */
  proposed(trial: OpenTrial): void {
    this.#open.set(trial.number, trial);
  }

  /** @throws StorageError contradiction: never proposed, or ended */
  trial(number: number): OpenTrial {
    const trial = this.#open.get(number) ?? this.#read(number);
    if (trial !== null) return trial;
    throw this.#contradiction(number, 'has ended', 'an ended one');
  }

  /** Open trials with a number up to this that have no row of Optuna's, in number order. */
  *rowless(upTo: number): Iterable<OpenTrial> {
    if (upTo < this.rowsBelow) {
      // Another program copied the study without this trial's row.
      const trial = this.#open.get(upTo) ?? this.#read(upTo);
      if (trial?.trialId === null) yield trial;
    }
    for (; this.rowsBelow <= upTo; this.rowsBelow++) {
      const trial = this.#open.get(this.rowsBelow) ?? this.#read(this.rowsBelow);
      if (trial?.trialId === null) yield trial;
    }
  }

  /**
   * Of an older attempt, or one of an ended trial, nothing is kept.
   * @returns the trial's row of Optuna's; null: none, or nothing is kept
   */
  attemptEnded(number: number, k: number, result: AttemptResult | null): number | null {
    const trial = this.#open.get(number);
    if (trial?.attempt?.k !== k) return null;
    trial.attempt.result = result;
    return trial.trialId;
  }

  ended(number: number): void {
    this.#open.delete(number);
  }

  /** The rows of a trial's active parameters, in declaration order. */
  insertParams(trialId: number, params: EncodedParams): void {
    // An inactive parameter is bound as NULL, which the statement leaves out.
    this.#insertParams.run([
      trialId,
      ...Array.from(params, (value) => (Number.isNaN(value) ? null : value)),
    ]);
  }

  #read(number: number): OpenTrial | null {
    const columns = new Columns(this.#file);
    const row = this.#selectTrial.get([this.key, number]);
    if (row === undefined) throw this.#contradiction(number, 'was never proposed', 'nothing');
    const [state, trialId, params, operator, parents, generation] = row;
    if (state !== 'waiting' && state !== 'running') return null;
    const attempt = this.#selectAttempt.get([this.key, number]);
    const trial: OpenTrial = {
      number,
      params: columns.params('galapagos_trial.params', params, this.axes.length),
      origin: {
        operator: columns.text('galapagos_trial.operator', operator),
        parents:
          parents === null ? [] : columns.json('galapagos_trial.parents', parentsSchema, parents),
        generation: columns.integer('galapagos_trial.generation', generation),
      },
      trialId: columns.integerOrNull('galapagos_trial.trial_id', trialId),
      attempt:
        attempt === undefined
          ? null
          : {
              k: columns.integer('galapagos_attempt.k', attempt[0]),
              slot: columns.text('galapagos_attempt.slot', attempt[1]),
              result:
                attempt[2] === null
                  ? null
                  : columns.json('galapagos_attempt.result', storedResult, attempt[2]),
            },
    };
    this.#open.set(number, trial);
    return trial;
  }

  #contradiction(number: number, what: string, found: string): StorageError {
    return new StorageError(
      'contradiction',
      this.#file,
      `${this.#file}: trial ${number} of study ${this.uid} ${what}`,
      {
        expected: 'an open trial',
        found,
      },
    );
  }
}

/**
 * One statement for all of a trial's parameters, names and distributions as literals: per-call cost
 * and the conversion of some 800 bytes of text a trial would outweigh the rest of its writes.
 */
function insertParamsSql(axes: readonly Axis[]): string {
  const rows = axes.map(
    (axis, i) => `(${literal(axis.name)}, ?${i + 2}, ${literal(distributionJson(axis))})`,
  );
  return `WITH point(name, value, distribution) AS (VALUES ${rows.join(', ')})
    INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json)
    SELECT ?1, name, value, distribution FROM point WHERE value IS NOT NULL`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
