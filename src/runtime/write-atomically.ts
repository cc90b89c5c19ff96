/**
 * Writes a file so that at every instant, also after a crash, it has the old or the new content,
 * never a part.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { GalapagosError } from '../core/errors.ts';

/**
 * @param mode of the file, before the process's umask
 * @throws GalapagosError naming the file; no temporary file is left
 */
export function writeAtomically(file: string, content: string | Uint8Array, mode = 0o666): void {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
  try {
    const descriptor = openSync(temporary, 'w', mode);
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new GalapagosError(
      'not-written',
      `cannot write ${file}: ${reason(error)}`,
      { file },
      error,
    );
  }
  syncFolder(dirname(file));
}

/** Makes the rename itself durable; not every system can open a folder for that. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Windows has no stronger guarantee for a rename.
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'its folder does not exist';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'no permission to write there';
    case 'EISDIR':
    case 'ENOTEMPTY':
      return 'a folder with that name exists';
    case 'ENOSPC':
      return 'the disk is full';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
