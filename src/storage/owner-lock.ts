/**
 * Decides which process may write a lab, before SQLite opens the lab file: a process refused here
 * never opens the file for writing, so it cannot checkpoint or delete the owner's write-ahead log.
 * SQLite's own locks and the epoch are the second line of defence, against programs that do not use
 * this lock.
 * The lock is an exclusive transaction on an empty database beside the lab, `lab.db-lock`. Node has
 * no file locks, and a file with a process id is wrong across containers and after a restart; this
 * lock ends with its process on every system that SQLite supports. The lab file itself cannot carry
 * it, because its readers would be locked out.
 */
import { rmSync, statSync } from 'node:fs';
import { Connection } from './connection.ts';
import { StorageError } from './errors.ts';
import { createPrivate } from './private-file.ts';
import { sideFile } from './side-files.ts';
import { isBusy, storageError } from './sqlite-failure.ts';

/** Attempts to lock a file that its previous owner deletes at the same moment. */
const MOST_TRIES = 100;

export class OwnerLock {
  readonly #path: string;
  readonly #connection: Connection;
  /** Inode of the locked file, which stays open as long as the lock is held. */
  readonly #inode: bigint;

  private constructor(path: string, connection: Connection, inode: bigint) {
    this.#path = path;
    this.#connection = connection;
    this.#inode = inode;
  }

  /**
   * Takes the lock; returns null while another connection, of this or another process, holds it.
   * @param file the lab file; it need not exist
   * @param takeOver locks a new file instead of one that is held; the epoch fences the previous
   *   owner
   * @throws StorageError read-only, io: the lock file cannot be created
   */
  static take(file: string, takeOver: boolean): OwnerLock | null {
    const path = sideFile(file, 'lock');
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      createLockFile(path);
      // Read before the file is opened: while it is open, no other file can get its inode.
      const inode = inodeOf(path);
      const connection = Connection.open(path, 0, file);
      if (!locked(connection)) {
        connection.close();
        if (!takeOver) return null;
        rmSync(path, { force: true });
        continue;
      }
      if (inode !== null && inodeOf(path) === inode) return new OwnerLock(path, connection, inode);
      // The file was deleted after it was opened, so the lock protects nothing.
      unlock(connection);
    }
    throw new StorageError(
      'io',
      file,
      `${file}: cannot be locked: ${path} is deleted all the time`,
      {
        expected: 'a lock file that stays',
        found: `${MOST_TRIES} deletions`,
      },
    );
  }

  /** Deletes the lock file, unless another process took over the lab, and releases the lock. */
  release(): void {
    try {
      if (inodeOf(this.#path) === this.#inode) rmSync(this.#path, { force: true });
    } catch {
      // Windows does not delete an open file. An empty file without a lock blocks no process.
    }
    unlock(this.#connection);
  }
}

/** Creates the file privately; SQLite would make it readable by all users. */
function createLockFile(path: string): void {
  try {
    createPrivate(path);
  } catch {
    // The file exists, or SQLite reports why it cannot be created.
  }
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

function locked(connection: Connection): boolean {
  try {
    // Journal in memory: nothing is ever written, and no journal file must appear beside the lock.
    connection.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw storageError(error, connection.file, 'lock the lab file');
  }
}

/**
 * Ends the transaction before closing, because the library closes a connection only at garbage
 * collection.
 */
function unlock(connection: Connection): void {
  connection.exec('ROLLBACK');
  connection.close();
}
