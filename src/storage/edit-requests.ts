/**
 * Requests to edit the search of a study that another program runs. The program that asks adds a
 * row and waits for its answer; the one that holds the lab looks for rows every few seconds. An
 * edit is answered in the transaction that writes it.
 */
import { editAnswer } from '../protocol/search-edit-request.ts';
import type { EditAnswer } from '../protocol/search-edit-request.ts';
import type { Problem } from '../core/errors.ts';
import type { SearchChange } from '../core/study/search-edit.ts';
import { Columns } from './columns.ts';
import { Connection } from './connection.ts';
import type { Statement } from './connection.ts';
import { EDIT_REQUEST_DDL } from './schema.ts';
import { storageError } from './sqlite-failure.ts';

/** A request without an answer. */
export interface EditRequest {
  readonly row: number;
  /** The study's uid. */
  readonly study: string;
  /** The change, parsed as JSON; undefined: it is not JSON. */
  readonly change: unknown;
}

/** Finds requests, and reads the table only after another connection has changed the file. */
export class EditRequests {
  readonly #connection: Connection;
  readonly #select: Statement;
  #version: unknown = null;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#select = connection.prepare(
      'SELECT id, study, change FROM galapagos_edit_request WHERE answer IS NULL ORDER BY id',
    );
  }

  found(): readonly EditRequest[] {
    const version = this.#connection.get('PRAGMA data_version')?.[0];
    if (version === this.#version) return [];
    this.#version = version;
    const columns = new Columns(this.#connection.file);
    return this.#select.all([]).map(([row, study, change]) => ({
      row: columns.integer('galapagos_edit_request.id', row),
      study: columns.text('galapagos_edit_request.study', study),
      change: jsonOf(change),
    }));
  }
}

type Answer =
  { readonly accepted: true } | { readonly accepted: false; readonly problems: readonly Problem[] };

/** Answers a request inside a transaction. Has no effect if the request was withdrawn. */
export function answerEdit(connection: Connection, row: number, answer: Answer): void {
  connection.run(
    'UPDATE galapagos_edit_request SET answer = ? WHERE id = ?',
    JSON.stringify(answer),
    row,
  );
}

/**
 * Adds a request. Call it in a process that does not have the lab open.
 * @param study uid of the study
 * @returns its row
 * @throws StorageError
 */
export function requestEdit(file: string, study: string, change: SearchChange): number {
  return withFile(file, (connection) => {
    connection.exec(EDIT_REQUEST_DDL);
    return connection
      .prepare('INSERT INTO galapagos_edit_request (study, change) VALUES (?, ?)')
      .insert([study, JSON.stringify(change)]);
  });
}

/** Returns the answer to a request, which is then removed; null: there is none yet. */
export function takeAnswer(file: string, row: number): EditAnswer | null {
  return withFile(file, (connection) => {
    const answer =
      connection.get('SELECT answer FROM galapagos_edit_request WHERE id = ?', row)?.[0] ?? null;
    if (answer === null) return null;
    connection.run('DELETE FROM galapagos_edit_request WHERE id = ?', row);
    return new Columns(file).json('galapagos_edit_request.answer', editAnswer, answer);
  });
}

/** Removes a request. @returns false: it has been answered */
export function withdrawEdit(file: string, row: number): boolean {
  return withFile(
    file,
    (connection) =>
      connection.run('DELETE FROM galapagos_edit_request WHERE id = ? AND answer IS NULL', row) ===
      1,
  );
}

function withFile<T>(file: string, use: (connection: Connection) => T): T {
  const connection = Connection.open(file, TIMEOUT_MS);
  try {
    return connection.transaction(() => use(connection));
  } catch (error) {
    throw storageError(error, file, 'write the lab file');
  } finally {
    connection.close();
  }
}

const TIMEOUT_MS = 10_000;

function jsonOf(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}
