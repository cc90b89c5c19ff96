/** What can be said of a path before SQLite touches it: missing, a folder, something else's file, another program's tables. */
import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Connection, readHeader } from './connection.ts';
import { StorageError } from './errors.ts';
import type { StorageCode } from './errors.ts';
import { recognise } from './recognise.ts';
import type { Recognised } from './recognise.ts';
import { isFolder } from './sqlite-failure.ts';

/**
 * Mode of a new lab file: only its owner may read or write it. SQLite gives the file's mode to the
 * log, shared-memory and journal files beside it.
 */
export const LAB_FILE_MODE = 0o600;

const FULL = ['disk-full', 'the disk is full', 'free space'] as const;
const READ_ONLY = ['read-only', 'its folder cannot be written', 'a folder that can be written'] as const;
const CREATION_FAILURES: Readonly<Record<string, readonly [StorageCode, string, string]>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: READ_ONLY,
  EPERM: READ_ONLY,
  EROFS: READ_ONLY,
};

/**
 * An empty file where there is none.
 * @returns whether this call made it: of several at once, one does
 */
export function createMissing(file: string, create: boolean): boolean {
  if (existsSync(file)) return false;
  const refuse = (message: string, expected: string): StorageError =>
    new StorageError('not-found', file, `${file}: ${message}`, { expected, found: 'nothing' });
  if (!create) throw refuse('there is no such lab file', 'a lab file');
  if (!isFolder(dirname(file))) throw refuse(`there is no folder ${dirname(file)}`, 'a folder to create it in');
  try {
    closeSync(openSync(file, 'wx', LAB_FILE_MODE));
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    const [kind, sentence, expected] = CREATION_FAILURES[String(code)] ?? ['io', String(error), 'a file that can be created'];
    throw new StorageError(kind, file, `${file}: cannot create the lab file: ${sentence}`, {
      expected,
      found: String(code),
      cause: error,
    });
  }
}

/** Takes back a creation that came to nothing; a file that a rival has meanwhile made a lab stays. */
export function removeEmpty(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.size !== 0) return;
  for (const suffix of ['', '-journal']) rmSync(file + suffix, { force: true });
}

/** Looks at a file without leaving anything beside it; what it is counts again under the lock. */
export function refuseUnknown(file: string, create: boolean, timeoutMs: number): void {
  refuseNonSqlite(file);
  // A journal means that a writer was killed: only a connection that may write can roll it back. Beside a log nothing new is
  // left anyway, and this connection, which lingers until the garbage collector comes, would keep the log from being closed.
  if (existsSync(`${file}-journal`) || existsSync(`${file}-wal`)) return;
  if (statSync(file).size === 0) {
    refuseEmpty(file, 'empty', create);
    return;
  }
  let connection: Connection | null = null;
  try {
    connection = Connection.openReadOnly(file, timeoutMs, true);
    refuseEmpty(file, recognise(connection), create);
  } finally {
    connection?.close();
  }
}

function refuseNonSqlite(file: string): void {
  refuseIrregular(file);
  let header: Buffer;
  try {
    header = readHeader(file);
  } catch (error) {
    throw new StorageError('io', file, `${file}: cannot be read`, {
      expected: 'a file that can be read',
      found: String(error),
      cause: error,
    });
  }
  if (header.length === 0 || header.toString('latin1').startsWith('SQLite format 3\0')) return;
  throw new StorageError('not-sqlite', file, `${file}: it is not an SQLite file`, {
    expected: 'an SQLite file',
    found: `a file that begins with ${JSON.stringify(header.toString('latin1').slice(0, 12))}`,
  });
}

/** Opening a pipe would block the process until another one writes to it. */
function refuseIrregular(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  const kind = found.isDirectory() ? 'a folder' : 'a pipe, socket or device';
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
