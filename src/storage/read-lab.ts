/**
 * Reads a lab file without the writer's lock and without an epoch, for commands and windows, also
 * during a run. Changes no byte of the file.
 */
import { resolve } from 'node:path';
import type { EncodedParams } from '../core/search-space/distribution.ts';
import type { EarlyStops } from '../core/study/early-stops.ts';
import type { HistoryTrial } from '../core/study/start-history.ts';
import type { StudyEnergy } from '../core/study/study-energy.ts';
import { Columns } from './columns.ts';
import { Connection } from './connection.ts';
import type { EnqueuedPoints } from './enqueued-elsewhere.ts';
import { StorageError } from './errors.ts';
import { refuseEmpty, refuseMissing, refuseUnknown } from './file-checks.ts';
import { ForeignStudy } from './foreign-study.ts';
import { attemptEntries } from './attempt-entries.ts';
import type {
  AttemptEntry,
  AttemptFilter,
  LabReader,
  StudyMoments,
  StudySummary,
  TrialRecord,
  TrialStory,
} from './lab-reader.ts';
import { OwnStudy } from './own-study.ts';
import { recognise } from './recognise.ts';
import { holderOf, isHeld } from './resume.ts';
import type { ReadBlock } from './row-block.ts';
import { needsRollback, resultCode, storageError } from './sqlite-failure.ts';

const CANTOPEN = 14;

export interface ReadOptions {
  /** Milliseconds to wait for another program's lock. */
  readonly timeoutMs?: number;
}

/** @throws StorageError that names the kind of file it is instead */
export function readLab(path: string, options: ReadOptions = {}): LabReader {
  const { connection, isOurs } = connectToRead(path, options);
  return new FileReader(connection, isOurs);
}

/**
 * Opens a connection that changes nothing, and determines whether the file has the project's tables
 * beside Optuna's.
 * @throws StorageError that names the kind of file it is instead
 */
export function connectToRead(
  path: string,
  { timeoutMs = 10_000 }: ReadOptions = {},
): { readonly connection: Connection; readonly isOurs: boolean } {
  const file = resolve(path);
  refuseMissing(file, false);
  refuseUnknown(file, false, timeoutMs);
  const connection = openToRead(file, timeoutMs);
  try {
    const found = recognise(connection);
    refuseEmpty(file, found, false);
    return { connection, isOurs: found === 'lab' };
  } catch (error) {
    connection.close();
    throw error;
  }
}

function openToRead(file: string, timeoutMs: number): Connection {
  const attempt = (still: boolean): Connection => {
    const connection = Connection.openReadOnly(file, timeoutMs, still);
    try {
      connection.get('SELECT count(*) FROM sqlite_master');
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  };
  try {
    return attempt(false);
  } catch (error) {
    // In a read-only folder, a file that no process has open is read as immutable.
    if ((resultCode(error) & 0xff) === CANTOPEN) return attempt(true);
    if (!needsRollback(error)) throw storageError(error, file, 'read the lab file');
  }
  // A writer was killed before its log was switched on: roll back to its last commit, which is the
  // file's valid state.
  const writer = Connection.open(file, timeoutMs);
  try {
    writer.get('SELECT count(*) FROM sqlite_master');
  } finally {
    writer.close();
  }
  return attempt(false);
}

type Study = OwnStudy | ForeignStudy;

class FileReader implements LabReader {
  readonly file: string;
  readonly #connection: Connection;
  readonly #columns: Columns;
  readonly #hasOurs: boolean;

  constructor(connection: Connection, hasOurs: boolean) {
    this.file = connection.file;
    this.#connection = connection;
    this.#columns = new Columns(connection.file);
    this.#hasOurs = hasOurs;
  }

  studies(): StudySummary[] {
    return this.#reading(() => this.#all().map(({ study }) => study.summary()));
  }

  names(): readonly { readonly uid: string | null; readonly name: string }[] {
    return this.#reading(() => this.#all().map(({ uid, name }) => ({ uid, name })));
  }

  study(nameOrUid: string): StudySummary | null {
    return this.#reading(() => this.#find(nameOrUid)?.summary() ?? null);
  }

  *trials(nameOrUid: string): Generator<TrialRecord> {
    try {
      yield* this.#known(nameOrUid).trials();
    } catch (error) {
      throw storageError(error, this.file, 'read the lab file');
    }
  }

  *points(nameOrUid: string): Generator<EncodedParams> {
    try {
      const study = this.#known(nameOrUid);
      if (study instanceof OwnStudy) yield* study.points();
    } catch (error) {
      throw storageError(error, this.file, 'read the lab file');
    }
  }

  best(nameOrUid: string, count: number): TrialRecord[] {
    return this.#reading(() => this.#known(nameOrUid).best(count));
  }

  front(nameOrUid: string): TrialRecord[] | null {
    return this.#reading(() => this.#known(nameOrUid).front());
  }

  story(nameOrUid: string, number: number): TrialStory | null {
    return this.#reading(() => this.#known(nameOrUid).story(number));
  }

  *rows(nameOrUid: string): Generator<ReadBlock> {
    try {
      yield* this.#known(nameOrUid).rows();
    } catch (error) {
      throw storageError(error, this.file, 'read the lab file');
    }
  }

  history(nameOrUid: string): readonly HistoryTrial[] {
    return this.#reading(() => this.#known(nameOrUid).history());
  }

  parameters(nameOrUid: string): readonly string[] {
    return this.#reading(() => this.#known(nameOrUid).parameters());
  }

  moments(nameOrUid: string): StudyMoments {
    return this.#reading(() => this.#known(nameOrUid).moments());
  }

  energy(nameOrUid: string): StudyEnergy | null {
    return this.#reading(() => {
      const study = this.#known(nameOrUid);
      return study instanceof OwnStudy ? study.energy() : null;
    });
  }

  earlyStops(nameOrUid: string): EarlyStops | undefined {
    return this.#reading(() => {
      const study = this.#known(nameOrUid);
      return study instanceof OwnStudy ? study.earlyStops() : undefined;
    });
  }

  isHeld(): boolean {
    const kind = this.#hasOurs ? 'lab' : 'optuna';
    return this.#reading(() => isHeld(this.#connection, holderOf(this.#connection, kind)));
  }

  enqueued(nameOrUid: string): EnqueuedPoints | null {
    return this.#reading(() => {
      const study = this.#known(nameOrUid);
      return study instanceof OwnStudy ? study.enqueued() : null;
    });
  }

  foreignEnds(nameOrUid: string): ReturnType<LabReader['foreignEnds']> {
    return this.#reading(() => {
      const study = this.#known(nameOrUid);
      return study instanceof ForeignStudy ? study.ends() : [];
    });
  }

  attempts(which: AttemptFilter): readonly AttemptEntry[] {
    return this.#hasOurs
      ? this.#reading(() => attemptEntries(this.#connection, this.#columns, which))
      : [];
  }

  close(): void {
    this.#connection.close();
  }

  #known(nameOrUid: string): Study {
    const study = this.#find(nameOrUid);
    if (study !== undefined) return study;
    const names = this.#all().map(({ name }) => JSON.stringify(name));
    const found =
      names.length === 0
        ? 'no study'
        : names.slice(0, 8).join(', ') + (names.length > 8 ? ' …' : '');
    throw new StorageError(
      'not-found',
      this.file,
      `${this.file}: no study ${JSON.stringify(nameOrUid)} in it; it has ${found}`,
      {
        expected: 'the name or uid of a study',
        found,
      },
    );
  }

  #find(nameOrUid: string): Study | undefined {
    const all = this.#all();
    return (all.find(({ name }) => name === nameOrUid) ?? all.find(({ uid }) => uid === nameOrUid))
      ?.study;
  }

  #all(): { readonly name: string; readonly uid: string | null; readonly study: Study }[] {
    const ours = this.#ours();
    return this.#connection
      .all('SELECT study_id, study_name FROM studies ORDER BY study_id')
      .map((row) => {
        const studyId = this.#columns.integer('studies.study_id', row[0]);
        const name = this.#columns.text('studies.study_name', row[1]);
        const own = ours.get(studyId);
        return own === undefined
          ? {
              name,
              uid: null,
              study: new ForeignStudy(this.#connection, this.#columns, studyId, name),
            }
          : {
              name,
              uid: own.uid,
              study: new OwnStudy(this.#connection, this.#columns, { ...own, name, studyId }),
            };
      });
  }

  /**
   * Studies by study_id. Renaming in the dashboard copies a study under a new id; of several copies
   * the original counts, else the first.
   */
  #ours(): Map<number, { readonly uid: string; readonly key: number }> {
    const ours = new Map<number, { uid: string; key: number }>();
    if (!this.#hasOurs) return ours;
    const taken = new Set<number>();
    const rows = this.#connection.all(
      `SELECT attribute.study_id, id, uid FROM galapagos_study own
       JOIN study_user_attributes attribute ON key = 'galapagos:uid' AND value_json = '"' || uid || '"'
       ORDER BY attribute.study_id <> own.study_id, attribute.study_id`,
    );
    for (const row of rows) {
      const key = this.#columns.integer('galapagos_study.id', row[1]);
      if (taken.has(key)) continue;
      taken.add(key);
      ours.set(this.#columns.integer('study_user_attributes.study_id', row[0]), {
        uid: this.#columns.text('galapagos_study.uid', row[2]),
        key,
      });
    }
    return ours;
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw storageError(error, this.file, 'read the lab file');
    }
  }
}
