/** Reads a trial's intermediate values from Optuna's tables. */
import type { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';
import type { TrialRecord } from './lab-reader.ts';
import { valueOf } from './optuna-encoding.ts';

export class Intermediates {
  readonly #columns: Columns;
  readonly #select: Statement;

  constructor(connection: Connection, columns: Columns) {
    this.#columns = columns;
    this.#select = connection.prepare(
      'SELECT step, intermediate_value, intermediate_value_type FROM trial_intermediate_values WHERE trial_id = ? ORDER BY step',
    );
  }

  /** @param trialId null: the trial has no row in Optuna's tables */
  of(trialId: unknown): TrialRecord['reports'] {
    if (trialId === null) return [];
    return this.#select
      .all([this.#columns.integer('trials.trial_id', trialId)])
      .map(([step, value, type]) => ({
        step: this.#columns.integer('trial_intermediate_values.step', step),
        value: valueOf(value, type),
      }));
  }
}
