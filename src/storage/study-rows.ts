/**
 * The writer's cache of one study's rows: keys, encoded distributions, and open trials. Everything
 * is read again from the file when missing, so the cache can be dropped after a rollback.
 */
import { axesOf } from '../core/search-space/axis.ts';
import type { Axis } from '../core/search-space/axis.ts';
import type { EncodedParams } from '../core/search-space/distribution.ts';
import type { Origin } from '../core/samplers/sampler.ts';
import type { AttemptResult } from '../core/scheduling/index.ts';
import type { Listed } from '../core/study/objectives.ts';
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
  /** Null: no row in Optuna's tables yet. */
  trialId: number | null;
  /** Its newest attempts, newest first: at most `ATTEMPTS`. */
  attempts: readonly StoredAttempt[];
}

export interface StoredAttempt {
  readonly attemptNumber: number;
  readonly slot: string;
  result: AttemptResult | null;
}

/** A trial has at most two live attempts. */
const ATTEMPTS = 2;

export class StudyRows {
  readonly uid: string;
  /** `galapagos_study.id`. */
  readonly key: number;
  readonly studyId: number;
  readonly axes: readonly Axis[];
  /** The objectives and constraints that the study lists. */
  readonly listed: Listed;
  /** Open trials with smaller numbers have a row in Optuna's tables. */
  rowsBelow: number;
  readonly #file: string;
  readonly #open = new Map<number, OpenTrial>();
  readonly #selectTrial: Statement;
  readonly #selectAttempt: Statement;
  /** Statements with the distributions of trials below a number, in ascending order. */
  readonly #insertParams: readonly { readonly below: number; readonly statement: Statement }[];

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
    const spec = columns.json('galapagos_study.spec', storedSpec, row[2]);
    this.listed = spec;
    this.axes = axesOf(spec.searchSpace);
    // Rows are inserted in number order. Searching from the end avoids reading all trials of a
    // study.
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
      'SELECT k, slot, result FROM galapagos_attempt WHERE study = ? AND number = ? ORDER BY k DESC LIMIT ?',
    );
    const edits = spec.edits ?? [];
    this.#insertParams = [
      ...edits.map(({ first, before }) => ({ below: first, space: before.searchSpace })),
      { below: Infinity, space: spec.searchSpace },
    ].map(({ below, space }) => ({
      below,
      statement: connection.prepare(insertParamsSql(axesOf(space))),
    }));
  }

  /** Adds a proposal that was just written. */
  proposed(trial: OpenTrial): void {
    this.#open.set(trial.number, trial);
  }

  /** @throws StorageError contradiction: never proposed, or already ended */
  trial(number: number): OpenTrial {
    const trial = this.#open.get(number) ?? this.#read(number);
    if (trial !== null) return trial;
    throw this.#contradiction(number, 'has ended', 'an ended one');
  }

  /** Open trials up to this number without a row in Optuna's tables, in number order. */
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

  attemptStarted(trial: OpenTrial, attemptNumber: number, slot: string): void {
    trial.attempts = [{ attemptNumber, slot, result: null }, ...trial.attempts].slice(0, ATTEMPTS);
  }

  /**
   * Ignores attempts older than the newest two, and those of an ended trial.
   * @returns the trial's id in Optuna's tables; null: none, or ignored
   */
  attemptEnded(number: number, attemptNumber: number, result: AttemptResult | null): number | null {
    const trial = this.#open.get(number);
    const attempt = trial?.attempts.find((each) => each.attemptNumber === attemptNumber);
    if (trial === undefined || attempt === undefined) return null;
    attempt.result = result;
    return trial.trialId;
  }

  ended(number: number): void {
    this.#open.delete(number);
  }

  /**
   * Inserts the rows of a trial's active parameters, in declaration order, with the distributions
   * that it was drawn from.
   */
  insertParams(trialId: number, number: number, params: EncodedParams): void {
    const drawn = this.#insertParams.find(({ below }) => number < below);
    // An inactive parameter is bound as NULL, which the statement skips.
    drawn?.statement.run([
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
    const attempts = this.#selectAttempt.all([this.key, number, ATTEMPTS]);
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
      attempts: attempts.map(([k, slot, result]) => ({
        attemptNumber: columns.integer('galapagos_attempt.k', k),
        slot: columns.text('galapagos_attempt.slot', slot),
        result:
          result === null ? null : columns.json('galapagos_attempt.result', storedResult, result),
      })),
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
 * One statement for all parameters of a trial, with names and distributions as literals: the cost
 * of a call and the conversion of some 800 bytes of text for each trial would outweigh the other
 * writes.
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
