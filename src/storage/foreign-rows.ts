/** Reads rows of another program's SQLite file, and changes nothing in it. */
import { Connection } from './connection.ts';
import type { Row } from './connection.ts';
import { storageError } from './sqlite-failure.ts';

/** A query for its rows, by name. */
type Queries = Readonly<Record<string, string>>;

/**
 * @returns null if the file lacks one of the tables
 * @throws StorageError for a file that SQLite cannot read
 */
export function foreignRows<Q extends Queries>(
  file: string,
  tables: readonly string[],
  queries: Q,
  timeoutMs = 10_000,
): { readonly [Name in keyof Q]: readonly Row[] } | null {
  try {
    const connection = Connection.openReadOnly(file, timeoutMs, true);
    try {
      const found = connection
        .all("SELECT name FROM sqlite_master WHERE type = 'table'")
        .map(([name]) => name);
      if (tables.some((table) => !found.includes(table))) return null;
      const rows = Object.entries(queries).map(([name, sql]) => [name, connection.all(sql)]);
      return Object.fromEntries(rows) as { readonly [Name in keyof Q]: readonly Row[] };
    } finally {
      connection.close();
    }
  } catch (error) {
    throw storageError(error, file, 'read the file');
  }
}
