/**
 * Staging folders of imports. A folder is removed with its import, with its process, or at the next
 * sweep.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../core/at.ts';
import { isRunning } from '../runtime/process-running.ts';
import { diskFull, isDiskFull } from './dataset-error.ts';

export interface Staging {
  /** Absolute; initially an empty folder. */
  readonly path: string;
  /** Idempotent. */
  remove(): Promise<void>;
}

/** Staging folders of this process. */
const open = new Set<string>();
let removedAtExit = false;

/**
 * Creates an empty folder for an import of this process. @param folder absolute path of the
 * imported datasets' folder; created if missing
 */
export async function openStaging(folder: string): Promise<Staging> {
  await sweepStaging(folder);
  const path = join(folder, 'incoming', `${String(process.pid)}-${randomUUID()}`);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw isDiskFull(error) ? diskFull() : error;
  }
  open.add(path);
  if (!removedAtExit) process.on('exit', removeAll);
  removedAtExit = true;
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      open.delete(path);
    },
  };
}

/**
 * Removes the folders of exited processes. Call it at the start of every program that may import.
 */
export async function sweepStaging(folder: string): Promise<void> {
  const incoming = join(folder, 'incoming');
  const left = await readdir(incoming).catch(() => []);
  const stale = left
    .map((name) => join(incoming, name))
    .filter((path, i) => !open.has(path) && !hasOwner(at(left, i)));
  // A folder that cannot be removed now is removed another time.
  await Promise.all(
    stale.map((path) => rm(path, { recursive: true, force: true }).catch(() => undefined)),
  );
}

/**
 * Returns whether a living process owns the folder. A folder with this process's pid that it does
 * not know is of an earlier process with the same pid.
 */
export function hasOwner(name: string): boolean {
  const owner = Number(name.split('-')[0]);
  if (!Number.isInteger(owner) || owner <= 0 || owner === process.pid) return false;
  return isRunning(owner);
}

function removeAll(): void {
  for (const path of open) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The next start removes it.
    }
  }
}
