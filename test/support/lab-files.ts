/** Small labs on disk, the files beside them, and files that are refused. */
import { readFileSync, readdirSync } from 'node:fs';
import { StorageError } from '../../src/storage/errors.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { createStudy, propose, start, succeed } from './lab-writes.ts';

export function makeLab(path: string): void {
  const lab = openLab(path, { create: true });
  lab.commit([[createStudy(), propose(0), propose(1)], [start(0)], succeed(0, 0)]);
  lab.close();
}

export function failure(act: () => unknown): StorageError {
  try {
    act();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Every file below the folder with its bytes. */
export function contents(path: string): Record<string, string> {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => [
        `${entry.parentPath}/${entry.name}`,
        readFileSync(`${entry.parentPath}/${entry.name}`, 'latin1'),
      ]),
  );
}
