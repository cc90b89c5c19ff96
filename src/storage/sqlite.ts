/**
 * A lab in an SQLite file that Optuna opens as it is. One writer, fenced by epoch: each commit looks, under the write lock,
 * whether the epoch is still its own. Write-ahead log while open, one plain file when closed.
 */
import { resolve } from 'node:path';
import type { LabSnapshot, Write } from '../core/scheduling/index.ts';
import { Connection } from './connection.ts';
import type { Statement } from './connection.ts';
import { StorageError } from './errors.ts';
import { createMissing, refuseEmpty, refuseUnknown, removeEmpty } from './file-checks.ts';
import { recognise } from './recognise.ts';
import { holderOf, refuseHeld, refuseRival, takeHold } from './resume.ts';
import { readSnapshot } from './snapshot.ts';
import { isBusy, storageError } from './sqlite-failure.ts';
import type { Committed, LabStorage } from './storage.ts';
import { Writes } from './writes.ts';

export interface OpenOptions {
  /** Whether a file that is missing or empty is made a lab; otherwise it is refused. */
  readonly create: boolean;
  /** Take the lab from a process that lives: its next commit fails with `fenced`. */
  readonly takeOver?: boolean;
  /** The wall clock, for the dates people read. */
  readonly now?: () => Date;
  /** How long another program's lock is waited for. */
  readonly timeoutMs?: number;
  /** Who moves the log into the file: the writer as it grows, or somebody beside it, by `checkpoint`. */
  readonly checkpoints?: 'own' | 'beside';
}

/** Pages of log after which the writer moves them into the file: 16 MiB, so that a burst of trials pays for it once. */
const CHECKPOINT_PAGES = 4_000;
/** The same where somebody beside it should have done so long before. */
const LATE_PAGES = 16_000;

/** @throws StorageError; then nothing was created or changed */
export function openLab(
  path: string,
  { create, takeOver = false, now = () => new Date(), timeoutMs = 10_000, checkpoints = 'own' }: OpenOptions,
): LabStorage {
  const file = resolve(path);
  const created = createMissing(file, create);
  if (!created) refuseUnknown(file, create, timeoutMs);
  let connection: Connection | null = null;
  try {
    connection = Connection.open(file, timeoutMs);
    return new SqliteLab(connection, takeLab(connection, { create, takeOver, checkpoints }), now);
  } catch (error) {
    connection?.close();
    if (created) removeEmpty(file);
    throw storageError(error, file, 'open the lab file');
  }
}

function takeLab(
  connection: Connection,
  { create, takeOver, checkpoints }: Required<Pick<OpenOptions, 'create' | 'takeOver' | 'checkpoints'>>,
): { readonly epoch: number; readonly lab: LabSnapshot } {
  // A power cut must not give one epoch to two openings.
  connection.exec('PRAGMA synchronous=FULL');
  const judged = holderOf(connection, recognise(connection));
  if (!takeOver) refuseHeld(connection, judged);
  const opened = connection.transaction(() => {
    const found = recognise(connection);
    refuseEmpty(connection.file, found, create);
    if (!takeOver) refuseRival(connection, found, judged);
    const { epoch, uid } = takeHold(connection, found);
    // Read before the commit: a study that does not parse leaves the file as it was.
    return { epoch, lab: readSnapshot(connection, uid) };
  });
  // Proof against a kill at any instant; a power cut may take the last commits, always the newest ones.
  connection.exec('PRAGMA synchronous=NORMAL');
  connection.exec(`PRAGMA wal_autocheckpoint=${checkpoints === 'own' ? CHECKPOINT_PAGES : LATE_PAGES}`);
  // A log that a slow reader made long shrinks again.
  connection.exec(`PRAGMA journal_size_limit=${4_096 * CHECKPOINT_PAGES}`);
  connection.exec('PRAGMA cache_size=-16384');
  return opened;
}

class SqliteLab implements LabStorage {
  readonly epoch: number;
  readonly lab: LabSnapshot;
  readonly #connection: Connection;
  readonly #now: () => Date;
  readonly #selectEpoch: Statement;
  readonly #writes: Writes;
  #wal = false;
  #fenced: StorageError | null = null;
  #closed = false;

  constructor(connection: Connection, { epoch, lab }: { readonly epoch: number; readonly lab: LabSnapshot }, now: () => Date) {
    this.epoch = epoch;
    this.lab = lab;
    this.#connection = connection;
    this.#now = now;
    this.#selectEpoch = connection.prepare('SELECT epoch FROM galapagos_lab');
    this.#writes = new Writes(connection);
    this.#startLog();
  }

  commit(steps: readonly (readonly Write[])[]): Committed {
    if (this.#fenced !== null) throw this.#fenced;
    if (this.#closed) throw this.#refuse('contradiction', 'the lab was closed', 'an open lab');
    if (!this.#wal) this.#startLog();
    try {
      const endedElsewhere = this.#connection.transaction(() => {
        this.#checkFence();
        return this.#writes.apply(steps, this.#now());
      });
      return { endedElsewhere };
    } catch (error) {
      this.#writes.forget();
      throw storageError(error, this.#connection.file, 'write the lab file');
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#fenced === null) {
        this.#connection.run('UPDATE galapagos_lab SET holder = NULL WHERE epoch = ?', this.epoch);
        // Nobody else reading: the log goes into the file and both side files go away. Otherwise the last reader's close does it.
        this.#connection.exec('PRAGMA busy_timeout=200; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE');
      }
    } catch (error) {
      if (!isBusy(error)) throw storageError(error, this.#connection.file, 'close the lab file');
    } finally {
      this.#connection.close();
    }
  }

  /** The write lock is held: the epoch cannot change until the commit. */
  #checkFence(): void {
    const found = this.#selectEpoch.get([])?.[0];
    if (found === this.epoch) return;
    this.#fenced = this.#refuse('fenced', 'another process took over this lab', `epoch ${this.epoch}`, `epoch ${String(found)}`);
    throw this.#fenced;
  }

  /** Readers and the writer do not wait for each other then. Impossible for the moment while somebody reads a closed file. */
  #startLog(): void {
    try {
      this.#wal = this.#connection.get('PRAGMA journal_mode=WAL')?.[0] === 'wal';
    } catch (error) {
      if (!isBusy(error)) throw error;
    }
  }

  #refuse(code: 'fenced' | 'contradiction', what: string, expected: string, found = what): StorageError {
    const { file } = this.#connection;
    return new StorageError(code, file, `${file}: ${what}`, { expected, found });
  }
}
