/** A copy of a lab file as it is at one instant, also while a run writes it: one file, without the side files of a log. */
import { closeSync, openSync, rmSync } from 'node:fs';
import { Connection } from './connection.ts';
import { LAB_FILE_MODE } from './file-checks.ts';
import { storageError } from './sqlite-failure.ts';

/** @param into a file that does not exist. @throws StorageError */
export function copyLab(file: string, into: string, { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): void {
  const connection = Connection.openReadOnly(file, timeoutMs);
  try {
    // SQLite would create the copy readable by all; it also accepts an empty file.
    closeSync(openSync(into, 'wx', LAB_FILE_MODE));
    connection.run('VACUUM INTO ?', into);
  } catch (error) {
    if (!exists(error)) rmSync(into, { force: true });
    throw storageError(error, file, 'copy the lab file');
  } finally {
    connection.close();
  }
}

function exists(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
