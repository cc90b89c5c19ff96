/**
 * The folder `lan` of the user folder: this machine's key, the nodes it admitted, its invitations
 * and the host it joined. Its files are JSON, written whole, for this user only. Several processes
 * may change them: the host, and commands beside it.
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { GalapagosError } from '../../core/errors.ts';
import { parseJson } from '../../protocol/json-text.ts';
import { parse } from '../../protocol/problems.ts';
import { isCode } from '../../runtime/error-code.ts';
import { modeForOthers, restrictToOwner } from '../../runtime/owner-only.ts';
import { prepareUserFolder } from '../../runtime/prepare-user-folder.ts';
import { isRunning } from '../../runtime/process-running.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Milliseconds between two looks at a file that is watched. */
const WATCH_MS = 500;
/** Milliseconds for which a change waits for the change of another process. */
const LOCK_WAIT_MS = 5000;
/** Milliseconds after which a lock counts as left behind. A change takes a few milliseconds. */
const LOCK_STALE_MS = 10_000;

export class LanFolder {
  readonly path: string;
  readonly #note: (sentence: string) => void;

  /**
   * Creates the folder if it is missing.
   * @param note receives one sentence for each file whose permissions were repaired
   * @throws GalapagosError `user-folder` if it cannot be created or belongs to another user
   */
  constructor(userFolder: string, note: (sentence: string) => void = () => undefined) {
    prepareUserFolder(userFolder);
    this.path = join(userFolder, 'lan');
    this.#note = note;
    mkdirSync(this.path, { recursive: true, mode: FOLDER_MODE });
    this.#secure(this.path);
  }

  /**
   * Returns the content of a file; null: there is none.
   * @throws InvalidInput naming the file and the field; GalapagosError `user-folder` for a file of
   *   another user, `not-read`
   */
  read<Schema extends z.ZodType>(name: string, schema: Schema): z.output<Schema> | null {
    const file = join(this.path, name);
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return null;
    this.#secure(file);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null;
      throw new GalapagosError(
        'not-read',
        `cannot read ${file}: ${String(error)}`,
        { file },
        error,
      );
    }
    return parse(schema, parseJson(text, file), file);
  }

  /** Replaces a file; durable when it returns. @throws GalapagosError `not-written` */
  write(name: string, content: unknown): void {
    writeAtomically(join(this.path, name), `${JSON.stringify(content, null, 2)}\n`, FILE_MODE);
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { force: true });
  }

  /**
   * Executes `change` while no other process is in a change of this folder.
   * @throws GalapagosError `busy` if another process does not end its change
   */
  exclusively<T>(change: () => T): T {
    const lock = join(this.path, 'lock');
    const until = Date.now() + LOCK_WAIT_MS;
    while (!take(lock)) {
      if (removeStale(lock)) continue;
      if (Date.now() > until)
        throw new GalapagosError(
          'busy',
          `${this.path}: another process has been changing it for ${LOCK_WAIT_MS / 1000} s; if none runs, remove ${lock}`,
          { file: lock },
        );
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
    try {
      return change();
    } finally {
      rmSync(lock, { force: true });
    }
  }

  /**
   * Calls back after a file was changed by any process, within a second.
   * @returns a function that ends it
   */
  watch(name: string, changed: () => void): () => void {
    const file = join(this.path, name);
    let known = signatureOf(file);
    const timer = setInterval(() => {
      const found = signatureOf(file);
      if (found === known) return;
      known = found;
      changed();
    }, WATCH_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  #secure(path: string): void {
    const { uid } = statSync(path);
    const own = process.getuid?.();
    if (own !== undefined && uid !== own)
      throw new GalapagosError(
        'user-folder',
        `${path}: expected to belong to this user (uid ${own}), found uid ${uid}. ` +
          'Run Galapagos as its owner, or set GALAPAGOS_HOME to a folder of your own',
        { file: path, expected: String(own), found: String(uid) },
      );
    const mode = modeForOthers(path);
    if (mode === null) return;
    restrictToOwner(path);
    this.#note(`${path} was open to other users (mode ${mode}); access is now limited to you`);
  }
}

/** Every write gives a file another inode or time. */
function signatureOf(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? '' : `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
}

/** Tries to take the lock. */
function take(lock: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(lock, 'wx', FILE_MODE);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw notWritten(lock, error);
  }
  try {
    writeFileSync(descriptor, String(process.pid));
    return true;
  } catch (error) {
    // A full disk has room for the empty file, which would keep every process out.
    rmSync(lock, { force: true });
    throw notWritten(lock, error);
  } finally {
    closeSync(descriptor);
  }
}

function notWritten(lock: string, error: unknown): GalapagosError {
  const reason = isCode(error, 'ENOSPC') ? 'the disk is full' : String(error);
  return new GalapagosError(
    'not-written',
    `cannot write ${lock}: ${reason}`,
    { file: lock },
    error,
  );
}

/**
 * Removes a lock that its process left behind when it was killed. Moves it aside first: of several
 * processes that find it, one moves it.
 */
function removeStale(lock: string): boolean {
  const aside = `${lock}.${process.pid}`;
  try {
    const { mtimeMs } = statSync(lock);
    const pid = Number(readFileSync(lock, 'utf8'));
    if (Date.now() - mtimeMs < LOCK_STALE_MS && (pid === 0 || isRunning(pid))) return false;
    renameSync(lock, aside);
    rmSync(aside, { force: true });
    return true;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return true;
    throw error;
  }
}
