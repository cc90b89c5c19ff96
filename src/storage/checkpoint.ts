/** Moves a lab's log into its file, from beside whoever writes it: what waits for the disk is not the writer. */
import { Connection } from './connection.ts';

/** @throws StorageError; whatever it did is whole, and the next does the rest */
export function checkpoint(file: string): void {
  const connection = Connection.open(file, 1_000);
  try {
    // The second takes what was written during the first: only a log that was moved whole begins anew instead of growing.
    for (const sql of ['PRAGMA wal_checkpoint(PASSIVE)', 'PRAGMA wal_checkpoint(PASSIVE)']) connection.exec(sql);
  } finally {
    connection.close();
  }
}
