/**
 * Values of trials in studies that list objectives: Optuna's tables hold them, one value a row in
 * `trial_values` and the constraints in the system attribute `constraints`, as a list. Optuna 5
 * also writes an attribute `constraints:<name>` for each.
 */
import { boundsOf } from '../core/study/objectives.ts';
import type { Figures, Listed } from '../core/study/objectives.ts';
import { constraintsAttribute } from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';
import type { Connection, Statement } from './connection.ts';
import { optunaValue, valueOf } from './optuna-encoding.ts';
import { pythonJson } from './python-json.ts';

const CONSTRAINTS = 'constraints';

/** Numbers of objectives and of bounds that a study lists. */
interface Widths {
  readonly objectives: number;
  /** Null: unknown, as in another program's study. */
  readonly bounds: number | null;
}

export function widthsOf(listed: Listed): Widths {
  return { objectives: listed.objectives?.length ?? 0, bounds: boundsOf(listed).length };
}

export class FigureRows {
  readonly #connection: Connection;
  readonly #values: Statement;
  readonly #constraints: Statement;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#values = connection.prepare(
      'SELECT objective, value, value_type FROM trial_values WHERE trial_id = ? ORDER BY objective',
    );
    this.#constraints = connection.prepare(
      `SELECT value_json FROM trial_system_attributes WHERE trial_id = ? AND (key = '${CONSTRAINTS}' OR key LIKE '${CONSTRAINTS}:%')
       ORDER BY trial_system_attribute_id`,
    );
  }

  write(trialId: number, { values, excesses }: Figures): void {
    const insert = this.#connection.prepare(
      'INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)',
    );
    for (const [objective, value] of values.entries())
      insert.run([trialId, objective, ...optunaValue(value)]);
    if (excesses.length > 0)
      this.#connection.run(
        `INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?, '${CONSTRAINTS}', ?)`,
        trialId,
        pythonJson(excesses),
      );
  }

  /**
   * Returns the values of a trial; undefined: it has no row in Optuna's tables, or a value or a
   * constraint is missing.
   * @param trialId as it was read; null: none
   */
  read(columns: Columns, trialId: unknown, of: Widths): Figures | undefined {
    if (trialId === null || trialId === undefined) return undefined;
    const id = columns.integer('trials.trial_id', trialId);
    const values = this.#values.all([id]).map(([, value, type]) => valueOf(value, type));
    const excesses = this.#constraints
      .all([id])
      .flatMap(([text]) =>
        columns.json('trial_system_attributes.value_json', constraintsAttribute, text),
      );
    if (values.length !== of.objectives || values.some((value) => Number.isNaN(value)))
      return undefined;
    return of.bounds === null || excesses.length === of.bounds ? { values, excesses } : undefined;
  }
}
