/**
 * A connection to an SQLite file through libsql, with its traps closed: parameters are always one array (a lone boolean,
 * object or null would abort the process or throw), rows are arrays of columns, reads finish before they return (a half-read
 * statement would hold the log back).
 */
import { readSync, closeSync, openSync, existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { storageError } from './sqlite-failure.ts';

export type Bindable = string | number | bigint | null | Buffer;
export type Row = readonly unknown[];

export interface Statement {
  /** @returns how many rows changed */
  run(parameters: Bindable[]): number;
  /** @returns the new row's id */
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
   * For reading and writing; the file is created if it is missing.
   * @param timeoutMs how long a lock of another connection is waited for
   */
  static open(file: string, timeoutMs: number): Connection {
    const connection = new Connection(file, connect(file, file, timeoutMs));
    // Rows of ours are checked where they are written; Optuna runs without as well.
    connection.exec('PRAGMA foreign_keys=OFF');
    return connection;
  }

  /**
   * For reading only: no byte of the file changes. A file in WAL mode that nobody has open is taken as immutable when
   * `still`, since SQLite would leave empty side files beside it otherwise.
   */
  static openReadOnly(file: string, timeoutMs: number, still = false): Connection {
    const immutable = still && isWal(file) && !existsSync(`${file}-wal`);
    const uri = `${pathToFileURL(file).href}?mode=ro${immutable ? '&immutable=1' : ''}`;
    return new Connection(file, connect(uri, file, timeoutMs));
  }

  exec(sql: string): void {
    this.#db.exec(sql);
  }

  prepare(sql: string): Statement {
    const statement = this.#db.prepare(sql);
    // Only statements that return columns know the raw mode.
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

  get(sql: string, ...parameters: Bindable[]): Row | undefined {
    return this.prepare(sql).get(parameters);
  }

  run(sql: string, ...parameters: Bindable[]): number {
    return this.prepare(sql).run(parameters);
  }

  /** Runs `write` under the write lock: all of it, or nothing when it throws. */
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

/** The header's first bytes; fewer where the file is shorter. */
export function readHeader(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(20);
    return header.subarray(0, readSync(descriptor, header, 0, 20, 0));
  } finally {
    closeSync(descriptor);
  }
}

function isWal(file: string): boolean {
  return readHeader(file)[18] === 2;
}
