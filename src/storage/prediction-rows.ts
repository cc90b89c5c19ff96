/** Predictions of the models that chose trials, in a table of their own: most trials have none. */
import type { Prediction } from '../core/samplers/sampler.ts';
import type { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';

export class PredictionRows {
  readonly #insert: Statement;

  constructor(connection: Connection) {
    this.#insert = connection.prepare(
      'INSERT INTO galapagos_prediction (study, number, value, low, high, log_improvement) VALUES (?, ?, ?, ?, ?, ?)',
    );
  }

  /**
   * Leaves a prediction out whose numbers are not finite: values may overflow on their way back
   * from the model's scale.
   * @param key `galapagos_study.id`
   */
  insert(key: number, number: number, prediction: Prediction): void {
    const { value, low, high, logExpectedImprovement } = prediction;
    const numbers = [value, low, high, logExpectedImprovement];
    if (numbers.every(Number.isFinite)) this.#insert.run([key, number, ...numbers]);
  }
}

/** Null if no model chose the trial. Files of earlier versions have no table of predictions. */
export function readPrediction(
  connection: Connection,
  columns: Columns,
  key: number,
  number: number,
): Prediction | null {
  if (!connection.hasTable('galapagos_prediction')) return null;
  const row = connection.get(
    'SELECT value, low, high, log_improvement FROM galapagos_prediction WHERE study = ? AND number = ?',
    key,
    number,
  );
  return row === undefined
    ? null
    : {
        value: columns.real('galapagos_prediction.value', row[0]),
        low: columns.real('galapagos_prediction.low', row[1]),
        high: columns.real('galapagos_prediction.high', row[2]),
        logExpectedImprovement: columns.real('galapagos_prediction.log_improvement', row[3]),
      };
}
