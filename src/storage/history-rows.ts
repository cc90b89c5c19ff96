/**
 * Trials that studies started from, and the ancestors that trials have among them, in tables of
 * their own: Optuna and our exports never see them.
 */
import { boundsOf } from '../core/study/objectives.ts';
import type { Listed } from '../core/study/objectives.ts';
import type { HistoryTrial } from '../core/study/start-history.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { paramsBlob } from './columns.ts';
import type { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';

export class HistoryRows {
  readonly #insert: Statement;
  readonly #insertAncestor: Statement;

  constructor(connection: Connection) {
    this.#insert = connection.prepare(
      'INSERT INTO galapagos_history (study, number, params, figures) VALUES (?, ?, ?, ?)',
    );
    this.#insertAncestor = connection.prepare(
      'INSERT OR IGNORE INTO galapagos_ancestor (study, number, ancestor) VALUES (?, ?, ?)',
    );
  }

  /** @param key `galapagos_study.id` */
  insert(key: number, trials: readonly HistoryTrial[]): void {
    for (const [number, { params, values, violation }] of trials.entries()) {
      const figures = violation === undefined ? values : [...values, violation];
      this.#insert.run([key, number, paramsBlob(params), paramsBlob(Float64Array.from(figures))]);
    }
  }

  /** @param ancestors positions in the history of the study */
  insertAncestors(key: number, number: number, ancestors: readonly number[]): void {
    for (const ancestor of ancestors) this.#insertAncestor.run([key, number, ancestor]);
  }
}

/** Width of the rows of one study's history. */
export interface HistoryWidth {
  readonly parameters: number;
  readonly objectives: number;
  /** True if the violation of the constraints follows the values. */
  readonly isConstrained: boolean;
}

export function historyWidth(parameters: number, listed: Listed): HistoryWidth {
  return {
    parameters,
    objectives: listed.objectives?.length ?? 1,
    isConstrained: boundsOf(listed).length > 0,
  };
}

/**
 * Reads the history of a study in order; empty if it started from none. Files of earlier versions
 * lack the table.
 * @throws StorageError for a row that does not fit the study
 */
export function readHistory(
  connection: Connection,
  columns: Columns,
  key: number,
  { parameters, objectives, isConstrained }: HistoryWidth,
): HistoryTrial[] {
  if (!connection.hasTable('galapagos_history')) return [];
  return connection
    .all('SELECT params, figures FROM galapagos_history WHERE study = ? ORDER BY number', key)
    .map(([params, blob]) => {
      const width = objectives + (isConstrained ? 1 : 0);
      const figures = [...columns.params('galapagos_history.figures', blob, width)];
      const violation = figures[objectives];
      return {
        params: columns.params('galapagos_history.params', params, parameters),
        values: figures.slice(0, objectives),
        ...(violation === undefined ? {} : { violation }),
      };
    });
}

/** Reads the ancestors of a trial in the history of its study, in ascending order. */
export function readAncestors(
  connection: Connection,
  columns: Columns,
  key: number,
  number: number,
): number[] {
  if (!connection.hasTable('galapagos_ancestor')) return [];
  return connection
    .all(
      'SELECT ancestor FROM galapagos_ancestor WHERE study = ? AND number = ? ORDER BY ancestor',
      key,
      number,
    )
    .map(([ancestor]) => columns.integer('galapagos_ancestor.ancestor', ancestor));
}

/** Returns the spec as the study's row contains it: the trials are in a table of their own. */
export function withoutHistory(spec: StudySpec): StudySpec {
  const fields = Object.entries(spec).filter(([name]) => name !== 'history');
  return Object.fromEntries(fields) as unknown as StudySpec;
}
