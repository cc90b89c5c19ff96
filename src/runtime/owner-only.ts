/**
 * Restricts files and folders to their owner. Has no effect on Windows, which has no such modes.
 */
import { chmodSync, lstatSync } from 'node:fs';

/** Permissions of the group and of all others. */
const OTHERS = 0o077;

/**
 * Returns the mode of a file or folder as octal digits if users other than its owner may open it,
 * else null.
 */
export function modeForOthers(path: string): string | null {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink() || process.platform === 'win32') return null;
  return (stats.mode & OTHERS) === 0 ? null : (stats.mode & 0o777).toString(8);
}

/**
 * Removes the permissions of other users from a file or folder of this user. Leaves links and the
 * files of other users alone.
 */
export function restrictToOwner(path: string): void {
  if (modeForOthers(path) === null) return;
  const { uid, mode } = lstatSync(path);
  if (uid === process.getuid?.()) chmodSync(path, mode & 0o700);
}
