/**
 * Checks of a path before SQLite opens it: missing, a folder, another kind of file, another
 * program's tables.
 */
import { existsSync, rmSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { Connection, readHeader } from './connection.ts';
import { StorageError } from './errors.ts';
import type { StorageCode } from './errors.ts';
import { createPrivate } from './private-file.ts';
import { recognise } from './recognise.ts';
import type { Recognised } from './recognise.ts';
import { sideFile } from './side-files.ts';
import { isFolder } from './sqlite-failure.ts';

const FULL = ['disk-full', 'the disk is full', 'free space'] as const;
const READ_ONLY = [
  'read-only',
  'its folder cannot be written',
  'a folder that can be written',
] as const;
const CREATION_FAILURES: Readonly<Record<string, readonly [StorageCode, string, string]>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: READ_ONLY,
};

/**
 * Refuses a file that is missing, unless it may be created where it is.
 * @throws StorageError not-found
 */
export function refuseMissing(file: string, create: boolean): void {
  if (existsSync(file)) return;
  const refuse = (message: string, expected: string): StorageError =>
    new StorageError('not-found', file, `${file}: ${message}`, { expected, found: 'nothing' });
  if (!create) throw refuse('there is no such lab file', 'a lab file');
  if (!isFolder(dirname(file)))
    throw refuse(`there is no folder ${dirname(file)}`, 'a folder to create it in');
}

/**
 * Creates an empty file if there is none.
 * @returns whether this call created it: of several concurrent calls, one does
 */
export function createMissing(file: string): boolean {
  if (existsSync(file)) return false;
  try {
    createPrivate(file);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    const [kind, sentence, expected] = CREATION_FAILURES[String(code)] ?? [
      'io',
      String(error),
      'a file that can be created',
    ];
    throw new StorageError(kind, file, `${file}: cannot create the lab file: ${sentence}`, {
      expected,
      found: String(code),
      cause: error,
    });
  }
}

/**
 * Removes a file that was created in vain; leaves a file that another process has meanwhile made a
 * lab.
 */
export function removeEmpty(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.size !== 0) return;
  for (const path of [sideFile(file, 'journal'), file]) rmSync(path, { force: true });
}

/** Checks a file without leaving side files. The result must be checked again under the lock. */
export function refuseUnknown(file: string, create: boolean, timeoutMs: number): void {
  const size = refuseNonSqlite(file);
  // A journal means that a writer was killed; only a connection that may write can roll it back.
  // Beside an existing log no new side file is left, and this connection, which stays open until
  // garbage collection, would keep the log from being removed.
  if (existsSync(sideFile(file, 'journal')) || existsSync(sideFile(file, 'wal'))) return;
  if (size === 0) {
    refuseEmpty(file, 'empty', create);
    return;
  }
  let connection: Connection | null = null;
  try {
    connection = Connection.openReadOnly(file, timeoutMs, true);
    refuseEmpty(file, recognise(connection), create);
  } catch (error) {
    // A writer has opened the file meanwhile: the header read without its log may be half of a
    // checkpoint.
    if (!existsSync(sideFile(file, 'wal'))) throw error;
  } finally {
    connection?.close();
  }
}

/** Bytes (https://www.sqlite.org/fileformat.html, section 1.2). */
const SMALLEST_PAGE = 512;

/** @returns the size of the file in bytes */
function refuseNonSqlite(file: string): number {
  const stats = statSync(file);
  refuseIrregular(file, stats);
  const { size } = stats;
  // SQLite treats a file smaller than a page as empty and would overwrite it with a database.
  if (size > 0 && size < SMALLEST_PAGE) {
    throw new StorageError('not-sqlite', file, `${file}: it is not an SQLite file`, {
      expected: 'an SQLite file',
      found: `a file of ${size} bytes`,
    });
  }
  readHeader(file);
  return size;
}

/** Opening a pipe would block the process until another one writes to it. */
function refuseIrregular(file: string, stats: Stats): void {
  if (stats.isFile()) return;
  const kind = stats.isDirectory() ? 'a folder' : 'a pipe, socket or device';
  throw new StorageError('not-sqlite', file, `${file}: it is ${kind}, not a lab file`, {
    expected: 'an SQLite file',
    found: kind,
  });
}

export function refuseEmpty(file: string, found: Recognised, create: boolean): void {
  if (found !== 'empty' || create) return;
  throw new StorageError('not-a-lab', file, `${file}: it is an empty database, not a lab file`, {
    expected: 'a lab file',
    found: 'no tables',
  });
}
