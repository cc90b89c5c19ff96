/**
 * Runs WAL checkpoints on a connection of their own, so that the writer does not wait for the disk.
 */
import { Connection } from './connection.ts';

/**
 * Milliseconds for which the log's readers are waited for before it is cut off; the writer waits as
 * long.
 */
const TRUNCATE_MS = 200;

/**
 * @param truncate whether the log is also cut off, which gives its space back, unless a
 *   reader has it open
 * @throws StorageError; whatever it did is whole, and the next does the rest
 */
export function checkpoint(file: string, truncate = false): void {
  const connection = Connection.open(file, truncate ? TRUNCATE_MS : 1_000);
  try {
    if (truncate) {
      connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return;
    }
    // The second takes what was written during the first: only a log that was moved whole begins
    // anew instead of growing.
    for (const sql of ['PRAGMA wal_checkpoint(PASSIVE)', 'PRAGMA wal_checkpoint(PASSIVE)'])
      connection.exec(sql);
  } finally {
    connection.close();
  }
}
