/**
 * A lab in an SQLite file that Optuna opens without conversion. One writer, fenced by epoch: each
 * commit checks under the write lock that the epoch is still its own. Write-ahead log while open,
 * one plain file when closed.
 */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LabSnapshot, Write } from '../core/scheduling/index.ts';
import { Connection } from './connection.ts';
import type { Statement } from './connection.ts';
import { StorageError } from './errors.ts';
import {
  createMissing,
  refuseEmpty,
  refuseMissing,
  refuseUnknown,
  removeEmpty,
} from './file-checks.ts';
import { LogGuard } from './log-guard.ts';
import { OwnerLock } from './owner-lock.ts';
import { recognise } from './recognise.ts';
import { rescue } from './rescue.ts';
import { holderOf, refuseHeld, refuseOwner, refuseRival, takeHold } from './resume.ts';
import { readSnapshot } from './snapshot.ts';
import { isBusy, storageError } from './sqlite-failure.ts';
import { answerEdit, EditRequests } from './edit-requests.ts';
import type { EditRequest } from './edit-requests.ts';
import type { Problem } from '../core/errors.ts';
import { EnqueuedTrials } from './enqueued-elsewhere.ts';
import { optunaDate } from './optuna-encoding.ts';
import type { Committed, EnqueuedElsewhere, LabStorage } from './storage.ts';
import { Writes } from './writes.ts';

export interface OpenOptions {
  /** True if a missing or empty file becomes a lab; otherwise it is refused. */
  readonly create: boolean;
  /** Takes the lab from a living process, whose next commit fails with `fenced`. */
  readonly takeOver?: boolean;
  /** Wall clock for dates shown to users. */
  readonly now?: () => Date;
  /** Milliseconds to wait for another program's lock. */
  readonly timeoutMs?: number;
  /** Thread that checkpoints the log: the writer as it grows, or another thread by `checkpoint`. */
  readonly checkpoints?: 'own' | 'beside';
}

/**
 * Pages of log after which the writer checkpoints: 16 MiB, so that a burst of trials pays for it
 * once.
 */
const CHECKPOINT_PAGES = 4_000;
/** The same limit where another thread should have checkpointed long before. */
const LATE_PAGES = 16_000;

/** Opens a lab. @throws StorageError; then nothing was created or changed */
export function openLab(
  path: string,
  {
    create,
    takeOver = false,
    now = () => new Date(),
    timeoutMs = 10_000,
    checkpoints = 'own',
  }: OpenOptions,
): LabStorage {
  const file = resolve(path);
  refuseMissing(file, create);
  if (existsSync(file)) refuseUnknown(file, create, timeoutMs);
  const owner = takeOwnership(file, takeOver, timeoutMs);
  let created = false;
  let connection: Connection | null = null;
  try {
    created = createMissing(file);
    connection = Connection.open(file, timeoutMs);
    return new SqliteLab(
      connection,
      takeLab(connection, { create, takeOver, checkpoints }),
      owner,
      now,
    );
  } catch (error) {
    connection?.close();
    if (created) removeEmpty(file);
    owner.release();
    throw storageError(error, file, 'open the lab file');
  }
}

/**
 * Waits for the lock while its owner opens or closes the lab.
 * @throws StorageError held: another process writes the lab; busy: the holder is unknown
 */
function takeOwnership(file: string, takeOver: boolean, timeoutMs: number): OwnerLock {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const owner = OwnerLock.take(file, takeOver);
    if (owner !== null) return owner;
    refuseOwned(file, timeoutMs);
    if (performance.now() > until) {
      throw new StorageError(
        'busy',
        file,
        `${file}: another program keeps it locked while opening or closing it`,
        {
          expected: 'its lock within the time limit',
          found: 'locked',
        },
      );
    }
    Atomics.wait(pause, 0, 0, RETRY_MS);
  }
}

const RETRY_MS = 20;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** @throws StorageError held, if the file names its holder */
function refuseOwned(file: string, timeoutMs: number): void {
  if (!existsSync(file) || statSync(file).size === 0) return;
  const connection = Connection.openReadOnly(file, timeoutMs, true);
  try {
    refuseOwner(connection, holderOf(connection, recognise(connection)));
  } finally {
    connection.close();
  }
}

function takeLab(
  connection: Connection,
  {
    create,
    takeOver,
    checkpoints,
  }: Required<Pick<OpenOptions, 'create' | 'takeOver' | 'checkpoints'>>,
): Opened {
  // A power cut must not give one epoch to two openings.
  connection.exec('PRAGMA synchronous=FULL');
  const judged = holderOf(connection, recognise(connection));
  if (!takeOver) refuseHeld(connection, judged);
  const opened = connection.transaction(() => {
    const found = recognise(connection);
    refuseEmpty(connection.file, found, create);
    if (!takeOver) refuseRival(connection, found, judged);
    const { epoch, uid } = takeHold(connection, found);
    // Read before the commit, so that a study that does not parse leaves the file unchanged.
    return { epoch, lab: readSnapshot(connection, uid) };
  });
  // Safe against a kill at any instant; a power cut may lose the newest commits.
  connection.exec('PRAGMA synchronous=NORMAL');
  connection.exec(
    `PRAGMA wal_autocheckpoint=${checkpoints === 'own' ? CHECKPOINT_PAGES : LATE_PAGES}`,
  );
  // Shrinks a log that a slow reader made long.
  connection.exec(`PRAGMA journal_size_limit=${4_096 * CHECKPOINT_PAGES}`);
  connection.exec('PRAGMA cache_size=-16384');
  return opened;
}

interface Opened {
  readonly epoch: number;
  readonly lab: LabSnapshot;
}

class SqliteLab implements LabStorage {
  readonly epoch: number;
  readonly lab: LabSnapshot;
  readonly #connection: Connection;
  readonly #now: () => Date;
  readonly #selectEpoch: Statement;
  readonly #writes: Writes;
  readonly #enqueued: EnqueuedTrials;
  readonly #edits: EditRequests;
  readonly #owner: OwnerLock;
  #wal = false;
  #guard: LogGuard | null = null;
  /** Error after fencing or the loss of the log: nothing is written any more. */
  #stopped: StorageError | null = null;
  #closed = false;

  constructor(connection: Connection, { epoch, lab }: Opened, owner: OwnerLock, now: () => Date) {
    this.epoch = epoch;
    this.lab = lab;
    this.#connection = connection;
    this.#owner = owner;
    this.#now = now;
    this.#selectEpoch = connection.prepare('SELECT epoch FROM galapagos_lab');
    this.#writes = new Writes(connection);
    this.#enqueued = new EnqueuedTrials(connection);
    this.#edits = new EditRequests(connection);
    this.#startLog();
  }

  commit(steps: readonly (readonly Write[])[]): Committed {
    this.verify();
    if (this.#closed) throw this.#refuse('contradiction', 'the lab was closed', 'an open lab');
    if (!this.#wal) this.#startLog();
    try {
      const endedElsewhere = this.#connection.transaction(() => {
        this.#checkFence();
        return this.#writes.apply(steps, this.#now());
      });
      if (this.#wal) this.#guard ??= LogGuard.of(this.#connection.file);
      return { endedElsewhere };
    } catch (error) {
      this.#writes.forget();
      throw storageError(error, this.#connection.file, 'write the lab file');
    }
  }

  verify(): void {
    if (this.#stopped !== null) throw this.#stopped;
    const lost = this.#closed ? null : (this.#guard?.lost() ?? null);
    if (lost !== null) throw (this.#stopped = rescue(this.#connection, lost));
  }

  holds(): boolean {
    if (this.#closed || this.#stopped !== null) return false;
    try {
      return this.#selectEpoch.get([])?.[0] === this.epoch;
    } catch {
      // Not known, for example because the file cannot be read now.
      return false;
    }
  }

  enqueuedElsewhere(): readonly EnqueuedElsewhere[] | null {
    if (this.#closed || this.#stopped !== null) return null;
    try {
      return this.#enqueued.found();
    } catch (error) {
      throw storageError(error, this.#connection.file, 'read the lab file');
    }
  }

  refuseEnqueued(row: number, reason: string): void {
    if (this.#closed || this.#stopped !== null) return;
    try {
      this.#connection.transaction(() => {
        this.#checkFence();
        this.#enqueued.refuse(row, reason, optunaDate(this.#now()));
      });
    } catch (error) {
      throw storageError(error, this.#connection.file, 'write the lab file');
    }
  }

  editRequests(): readonly EditRequest[] {
    if (this.#closed || this.#stopped !== null) return [];
    try {
      return this.#edits.found();
    } catch (error) {
      throw storageError(error, this.#connection.file, 'read the lab file');
    }
  }

  refuseEdit(row: number, problems: readonly Problem[]): void {
    if (this.#closed || this.#stopped !== null) return;
    try {
      this.#connection.transaction(() => {
        this.#checkFence();
        answerEdit(this.#connection, row, { accepted: false, problems });
      });
    } catch (error) {
      throw storageError(error, this.#connection.file, 'write the lab file');
    }
  }

  close(): void {
    if (this.#closed) return;
    try {
      this.verify();
    } catch {
      // The error was already reported. When fenced, the file belongs to another process; without
      // its log, it must not be touched.
    }
    this.#closed = true;
    try {
      if (this.#stopped === null) {
        this.#connection.run('UPDATE galapagos_lab SET holder = NULL WHERE epoch = ?', this.epoch);
        // If no other process reads, closing checkpoints the log and removes both side files.
        // Otherwise the last reader's close does.
        this.#connection.exec(
          'PRAGMA busy_timeout=200; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE',
        );
      }
    } catch (error) {
      if (!isBusy(error)) throw storageError(error, this.#connection.file, 'close the lab file');
    } finally {
      if (this.#stopped?.code !== 'log-lost') this.#connection.close();
      this.#owner.release();
    }
  }

  /** Called under the write lock, so the epoch cannot change until the commit. */
  #checkFence(): void {
    const found = this.#selectEpoch.get([])?.[0];
    if (found === this.epoch) return;
    this.#stopped = this.#refuse(
      'fenced',
      'another process took over this lab',
      `epoch ${this.epoch}`,
      `epoch ${String(found)}`,
    );
    throw this.#stopped;
  }

  /**
   * Switches to WAL mode, in which readers and the writer do not block each other. Fails for the
   * moment while another process reads a closed file.
   */
  #startLog(): void {
    try {
      this.#wal = this.#connection.get('PRAGMA journal_mode=WAL')?.[0] === 'wal';
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }

  #refuse(
    code: 'fenced' | 'contradiction',
    what: string,
    expected: string,
    found = what,
  ): StorageError {
    const { file } = this.#connection;
    return new StorageError(code, file, `${file}: ${what}`, { expected, found });
  }
}
