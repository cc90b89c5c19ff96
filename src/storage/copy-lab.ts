/** A copy of a lab file as it is at one instant, also while a run writes it: one file, without the side files of a log. */
import { Connection } from './connection.ts';
import { storageError } from './sqlite-failure.ts';

/** @param into a file that does not exist. @throws StorageError */
export function copyLab(file: string, into: string, { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): void {
  const connection = Connection.openReadOnly(file, timeoutMs);
  try {
    connection.run('VACUUM INTO ?', into);
  } catch (error) {
    throw storageError(error, file, 'copy the lab file');
  } finally {
    connection.close();
  }
}
