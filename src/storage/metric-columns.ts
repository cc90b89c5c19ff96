/**
 * The columns of a lab file that hold metrics of attempts, as `protocol/window/row-columns.ts`
 * lists them. Files of earlier versions lack some: the writer adds them when it opens a file, and a
 * reader, which changes nothing, reads NULL instead.
 */
import type { AttemptResult } from '../core/scheduling/index.ts';
import { metricColumns, metricOf } from '../protocol/window/row-columns.ts';
import type { Connection } from './connection.ts';

const TABLE = 'galapagos_attempt';

const stored = metricColumns.map(([, column]) => column.stored);

/** Names without the table, in the order of `metricNumbers`. */
export const METRIC_COLUMNS: readonly string[] = stored.map(nameOf);

/** Returns the numbers of an attempt's result; null: the result has none. */
export function metricNumbers(result: AttemptResult | null): (number | null)[] {
  return metricColumns.map(([, column]) => {
    const number = metricOf(column, result?.metrics);
    return Number.isFinite(number) ? number : null;
  });
}

/** Returns the columns that the file lacks, as `table.column`. */
export function missingColumns(connection: Connection): readonly string[] {
  const present = connection
    .all(`SELECT name FROM pragma_table_info('${TABLE}')`)
    .map(([name]) => name);
  return stored.filter((column) => !present.includes(nameOf(column)));
}

/** Adds the columns that the file lacks. Must be called inside a transaction. */
export function addMissingColumns(connection: Connection): void {
  for (const column of missingColumns(connection))
    connection.exec(`ALTER TABLE ${TABLE} ADD COLUMN ${nameOf(column)} REAL`);
}

function nameOf(column: string): string {
  return column.slice(TABLE.length + 1);
}
