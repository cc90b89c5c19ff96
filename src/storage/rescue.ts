/**
 * What a process does whose write-ahead log was deleted or replaced under it: saves what it can
 * still see, and stays away.
 */
import { existsSync, rmSync } from 'node:fs';
import { parse, join } from 'node:path';
import type { Connection } from './connection.ts';
import { copyInto } from './copy-lab.ts';
import { StorageError } from './errors.ts';

/** Referenced for ever: a connection that is collected is closed. */
const abandoned: Connection[] = [];

/**
 * Copies what the connection sees into a file beside the lab, and abandons the connection.
 * @param lost path of the file that is not the one it was
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
 * Keeps the connection from ever being closed. Closing it, which the end of the process would do,
 * copies the deleted log over whatever other programs have written since; only a kill leaves the
 * file alone.
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
