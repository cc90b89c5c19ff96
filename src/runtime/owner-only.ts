/**
 * Permissions of files and folders that other users of this machine must not open. Windows has no
 * such modes.
 */
import { chmodSync, lstatSync } from 'node:fs';

/** Permissions of the group and of all others. */
const OTHERS = 0o077;

/**
 * The mode of a file or folder, as digits, where users other than its owner may open it; null
 * otherwise.
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
