/**
 * Handles the loss of the write-ahead log: saves the data that are still visible and never touches
 * the file again.
 */
import { existsSync, rmSync } from 'node:fs';
import { parse, join } from 'node:path';
import type { Connection } from './connection.ts';
import { copyInto } from './copy-lab.ts';
import { StorageError } from './errors.ts';

/** Referenced for ever, because the garbage collector would close an unreferenced connection. */
const abandoned: Connection[] = [];

/**
 * Copies the connection's view into a file beside the lab, and abandons the connection.
 * @param lost path of the file that was replaced or deleted
 * @returns the error to report; it names the copy
 */
export function rescue(connection: Connection, lost: string): StorageError {
  const { file } = connection;
  const copy = freePath(file);
  let saved: string;
  try {
    copyInto(connection, copy);
    saved = `everything that this program wrote is in ${copy}`;
  } catch (error) {
    rmSync(copy, { force: true });
    saved = `the last writes of this program could not be saved (${error instanceof Error ? error.message : String(error)})`;
  }
  abandon(connection);
  return new StorageError(
    'log-lost',
    file,
    `${file}: another program deleted or replaced ${lost} while this program wrote it. Writing has stopped; ${saved}. ` +
      'Close all programs that use the lab, then compare the two files.',
    { expected: 'the file that was opened', found: 'another file, or none' },
  );
}

/**
 * Keeps the connection from ever being closed. Closing it, also at the end of the process, would
 * copy the deleted log over later writes of other programs; only a kill leaves the file untouched.
 */
function abandon(connection: Connection): void {
  if (abandoned.push(connection) === 1)
    process.on('exit', () => process.kill(process.pid, 'SIGKILL'));
}

function freePath(file: string): string {
  const { dir, name, ext } = parse(file);
  for (let n = 1; ; n++) {
    const path = join(dir, `${name}-rescued${n === 1 ? '' : `-${n}`}${ext}`);
    if (!existsSync(path)) return path;
  }
}
