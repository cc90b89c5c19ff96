/**
 * Copies a lab file as of one instant, also while a run writes it, into one file without side
 * files.
 */
import { rmSync } from 'node:fs';
import { Connection } from './connection.ts';
import { createPrivate } from './private-file.ts';
import { storageError } from './sqlite-failure.ts';

/** @param into a file that does not exist. @throws StorageError */
export function copyLab(
  file: string,
  into: string,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): void {
  const connection = Connection.openReadOnly(file, timeoutMs);
  try {
    copyInto(connection, into);
  } catch (error) {
    if (!exists(error)) rmSync(into, { force: true });
    throw storageError(error, file, 'copy the lab file');
  } finally {
    connection.close();
  }
}

/**
 * Writes the connection's view into a new file that only its owner may read.
 * @throws Error of SQLite, or if the file exists
 */
export function copyInto(connection: Connection, into: string): void {
  // SQLite would create the copy readable by all; it also accepts an empty file.
  createPrivate(into);
  connection.run('VACUUM INTO ?', into);
}

function exists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
