/**
 * A connection to an SQLite file through libsql, with its traps closed: parameters are always one
 * array (a lone boolean, object or null would abort the process or throw), rows are arrays of
 * columns, reads finish before they return (a half-read statement would hold the log back), and
 * text that is not UTF-8 arrives as bytes (the library would abort the process).
 *
 * Nothing else in this program opens a lab file: on POSIX systems, closing any descriptor of a file
 * releases every lock that the process holds on it, SQLite's included. The next program to open the
 * lab would believe that it is alone, and delete the write-ahead log that this one still writes
 * (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { sideFile } from './side-files.ts';
import { isInconsistent, storageError } from './sqlite-failure.ts';
import { guarded } from './utf8-guard.ts';

export type Bindable = string | number | bigint | null | Buffer;
export type Row = readonly unknown[];

export interface Statement {
  /** @returns the number of changed rows */
  run(parameters: Bindable[]): number;
  /** @returns the id of the new row */
  insert(parameters: Bindable[]): number;
  all(parameters: Bindable[]): Row[];
  get(parameters: Bindable[]): Row | undefined;
}

export class Connection {
  readonly file: string;
  readonly #db: Database.Database;

  private constructor(file: string, db: Database.Database) {
    this.file = file;
    this.#db = db;
  }

  /**
   * Opens for reading and writing; creates the file if it is missing.
   * @param timeoutMs how long to wait for a lock of another connection
   * @param of the lab file that errors name
   */
  static open(file: string, timeoutMs: number, of = file): Connection {
    const connection = new Connection(of, connect(file, of, timeoutMs));
    // The project's own rows are checked when they are written; Optuna disables them as well.
    connection.exec('PRAGMA foreign_keys=OFF');
    return connection;
  }

  /**
   * Opens for reading only: no byte of the file changes. With `still`, opens a WAL-mode file that
   * no process has open as immutable, since SQLite would otherwise leave empty side files beside
   * it.
   */
  static openReadOnly(file: string, timeoutMs: number, still = false): Connection {
    const immutable = still && !existsSync(sideFile(file, 'wal')) && isWal(file);
    return new Connection(file, connect(readOnlyUri(file, immutable), file, timeoutMs));
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  prepare(sql: string): Statement {
    const statement = this.#db.prepare(/^\s*SELECT\b/.test(sql) ? guarded(sql) : sql);
    // Only statements that return columns have the raw mode.
    if (statement.reader) statement.raw(true);
    return {
      run: (parameters) => statement.run(parameters).changes,
      insert: (parameters) => Number(statement.run(parameters).lastInsertRowid),
      all: (parameters) => statement.all(parameters) as Row[],
      get: (parameters) => statement.get(parameters) as Row | undefined,
    };
  }

  all(sql: string, ...parameters: Bindable[]): Row[] {
    return this.prepare(sql).all(parameters);
  }

  /** As `all`. @throws StorageError what damage or another program keeps from being read */
  read(sql: string, ...parameters: Bindable[]): Row[] {
    try {
      return this.all(sql, ...parameters);
    } catch (error) {
      throw storageError(error, this.file, 'read the lab file');
    }
  }

  get(sql: string, ...parameters: Bindable[]): Row | undefined {
    return this.prepare(sql).get(parameters);
  }

  hasTable(name: string): boolean {
    return (
      this.get("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name) !== undefined
    );
  }

  run(sql: string, ...parameters: Bindable[]): number {
    return this.prepare(sql).run(parameters);
  }

  /** Runs `write` under the write lock; rolls back when it throws. */
  transaction<T>(write: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled it back already.
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }
}

function connect(target: string, file: string, timeout: number): Database.Database {
  try {
    return new Database(target, { timeout });
  } catch (error) {
    throw storageError(error, file, 'open the lab file');
  }
}

/**
 * Page format of the write-ahead log in byte 18 of the header
 * (https://www.sqlite.org/fileformat.html, section 1.3).
 */
const WAL_FORMAT = 2;

/**
 * Returns the first 20 bytes of a database file, read by SQLite itself without the log. Empty for
 * an empty file, and where the file without its log is inconsistent: during a checkpoint, or after
 * a checkpoint was interrupted by a kill. A connection that also reads the log can tell whether the
 * file is damaged.
 * @throws StorageError `not-sqlite`: another kind of file
 */
export function readHeader(file: string): Buffer {
  const db = connect(readOnlyUri(file, true), file, 0);
  try {
    const statement = db.prepare('SELECT substr(data, 1, 20) FROM sqlite_dbpage WHERE pgno = 1');
    statement.raw(true);
    const [row] = statement.all([]) as Row[];
    const header = row?.[0];
    return Buffer.isBuffer(header) ? header : Buffer.alloc(0);
  } catch (error) {
    if (isInconsistent(error)) return Buffer.alloc(0);
    throw storageError(error, file, 'read the lab file');
  } finally {
    db.close();
  }
}

function isWal(file: string): boolean {
  return readHeader(file)[18] === WAL_FORMAT;
}

function readOnlyUri(file: string, immutable: boolean): string {
  return `${pathToFileURL(file).href}?mode=ro${immutable ? '&immutable=1' : ''}`;
}
