/** Creates files that only their owner may read or write. */
import { closeSync, openSync } from 'node:fs';

/** SQLite copies the mode of a lab file to the log, the shared memory and the journal beside it. */
const OWNER_ONLY = 0o600;

/**
 * Creates an empty file. Never opens one that exists: closing its descriptor would release the
 * locks that this process holds.
 * @throws Error EEXIST, or why it cannot be created
 */
export function createPrivate(path: string): void {
  closeSync(openSync(path, 'wx', OWNER_ONLY));
}
