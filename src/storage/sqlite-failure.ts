/** Converts SQLite's errors to errors for users: file, expected, found, and what to do. */
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageError } from './errors.ts';

const PRIMARY = {
  ERROR: 1,
  BUSY: 5,
  LOCKED: 6,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  CONSTRAINT: 19,
  NOTADB: 26,
} as const;

/** The file was moved or deleted while it was open. */
const READONLY_DBMOVED = 1032;

/** A reader found a journal of a killed writer, which only a writer may roll back. */
const READONLY_ROLLBACK = 776;

/** SQLite's extended result code of a library error; 0 if it has none. */
export function resultCode(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0;
  if ('rawCode' in error && typeof error.rawCode === 'number') return error.rawCode;
  // The library reports a failed open as a plain error whose text ends in the code.
  const said =
    'message' in error && typeof error.message === 'string'
      ? /Unable to open connection.*: (\d+)"?\)?$/s.exec(error.message)
      : null;
  return said === null ? 0 : Number(said[1]);
}

export function needsRollback(error: unknown): boolean {
  return resultCode(error) === READONLY_ROLLBACK;
}

/** Returns whether another connection currently holds the lock. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error) & 0xff;
  return code === PRIMARY.BUSY || code === PRIMARY.LOCKED;
}

/** Returns whether SQLite cannot read the tables of a file. */
export function isInconsistent(error: unknown): boolean {
  const code = resultCode(error) & 0xff;
  return code === PRIMARY.CORRUPT || code === PRIMARY.ERROR;
}

/**
 * Converts an error of SQLite; returns any other error unchanged, since it is a fault of the
 * program.
 * @param doing the attempted action, as in "cannot … the lab file"
 */
export function storageError(error: unknown, file: string, doing: string): unknown {
  const code = resultCode(error);
  if (code === 0) return error;
  const said = error instanceof Error ? error.message : String(error);
  const make = (
    kind: StorageError['code'],
    sentence: string,
    expected: string,
    found: string,
  ): StorageError =>
    new StorageError(kind, file, `${file}: cannot ${doing}: ${sentence}`, {
      expected,
      found,
      cause: error,
    });
  if (code === READONLY_DBMOVED)
    return make(
      'not-found',
      'the file was moved or deleted while it was open',
      'the file where it was',
      'no file',
    );
  switch (code & 0xff) {
    case PRIMARY.BUSY:
    case PRIMARY.LOCKED:
      return make(
        'busy',
        'another program keeps it locked',
        'the lock within the time limit',
        'locked',
      );
    case PRIMARY.READONLY:
      return make(
        'read-only',
        'it is read-only',
        'a file and a folder that can be written',
        'read-only',
      );
    case PRIMARY.FULL:
      return make('disk-full', 'the disk is full', 'free space', 'none');
    case PRIMARY.CORRUPT:
      return make('damaged', `the file is damaged (${said})`, 'a sound SQLite file', said);
    case PRIMARY.NOTADB:
      return make('not-sqlite', 'it is not an SQLite file', 'an SQLite file', 'something else');
    case PRIMARY.CONSTRAINT:
      return make(
        'contradiction',
        `the write conflicts with existing rows (${said})`,
        'a write that fits',
        said,
      );
    case PRIMARY.CANTOPEN:
      return isWritable(dirname(file))
        ? make('io', 'it cannot be opened', 'a file that can be opened', said)
        : make('read-only', 'its folder is read-only', 'a folder that can be written', 'read-only');
    case PRIMARY.IOERR:
      return isDiskFull(file)
        ? make('disk-full', 'the disk is full', 'free space', 'none')
        : make('io', said, 'a disk that answers', said);
    case PRIMARY.ERROR:
      return make(
        'damaged',
        `its tables do not match the lab schema (${said})`,
        'the tables of a lab',
        said,
      );
    default:
      return make('io', said, 'an answer', said);
  }
}

/** Returns whether this process may write to a path, as far as the system reports beforehand. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Growing the shared-memory file on a full disk is reported as a plain I/O error. */
function isDiskFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize < 65_536;
  } catch {
    return false;
  }
}
