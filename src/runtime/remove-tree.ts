/** Deletes a file, or a folder with what is in it, without holding up the event loop. */
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCode } from './error-code.ts';

/**
 * Nothing happens where the path is missing. Tries again what Windows still has open, and folders
 * that a program has left without permission to change them.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await remove(path);
  } catch (error) {
    if (!isCode(error, 'EACCES') && !isCode(error, 'EPERM')) throw error;
    await permitChanges(path).catch(() => undefined);
    await remove(path);
  }
}

function remove(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Follows no links. */
async function permitChanges(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (entry.isDirectory()) await permitChanges(join(path, entry.name));
}
