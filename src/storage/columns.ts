/**
 * Columns of a row as typed values; what does not fit is damage, told with the file, the column and
 * what was found.
 */
import type { EncodedParams } from '../core/search-space/distribution.ts';
import type { ColumnSchema } from '../protocol/lab-file.ts';
import { check, foundText } from '../protocol/problems.ts';
import { StorageError } from './errors.ts';
import { parsePythonJson } from './python-json.ts';
import { decoded } from './utf8-guard.ts';

export class Columns {
  readonly #file: string;
  /**
   * Words that a schema has let pass already: a column of a hundred thousand rows holds a handful.
   */
  readonly #words = new Map<ColumnSchema<unknown>, Map<string, unknown>>();

  constructor(file: string) {
    this.#file = file;
  }

  text(column: string, value: unknown): string {
    if (typeof value === 'string') return value;
    return decoded(value) ?? this.#refuse(column, 'a text in UTF-8', found(value));
  }

  textOrNull(column: string, value: unknown): string | null {
    return value === null ? null : this.text(column, value);
  }

  integer(column: string, value: unknown): number {
    return Number.isSafeInteger(value)
      ? Number(value)
      : this.#refuse(column, 'an integer', foundText(value));
  }

  integerOrNull(column: string, value: unknown): number | null {
    return value === null ? null : this.integer(column, value);
  }

  /** NULL is NaN: SQLite keeps no NaN. */
  real(column: string, value: unknown): number {
    if (value === null) return NaN;
    return typeof value === 'number' ? value : this.#refuse(column, 'a number', foundText(value));
  }

  /** A value of a schema: a word of an enumeration, for instance. */
  parsed<T>(column: string, schema: ColumnSchema<T>, value: unknown): T {
    const result = check(schema, Buffer.isBuffer(value) ? (decoded(value) ?? value) : value);
    if (result.ok) return result.value;
    const [problem] = result.problems;
    const at = problem === undefined || problem.path === '' ? column : `${column}: ${problem.path}`;
    return this.#refuse(
      at,
      problem?.expected ?? 'another value',
      problem?.found ?? foundText(value),
    );
  }

  /** As `parsed`, of an enumeration: each word is looked at by the schema once. */
  word<T extends string>(column: string, schema: ColumnSchema<T>, value: unknown): T {
    let known = this.#words.get(schema);
    if (known === undefined) this.#words.set(schema, (known = new Map<string, unknown>()));
    const found = typeof value === 'string' ? known.get(value) : undefined;
    // What was kept under this schema is what this schema gave.
    if (found !== undefined) return found as T;
    const word = this.parsed(column, schema, value);
    known.set(word, word);
    return word;
  }

  json<T>(column: string, schema: ColumnSchema<T>, value: unknown): T {
    const text = this.text(column, value);
    let found: unknown;
    try {
      found = parsePythonJson(text);
    } catch {
      return this.#refuse(column, 'JSON', foundText(text));
    }
    return this.parsed(column, schema, found);
  }

  /** @param count how many parameters the search space has */
  params(column: string, value: unknown, count: number): EncodedParams {
    if (!Buffer.isBuffer(value) || value.length !== 8 * count) {
      const found = Buffer.isBuffer(value) ? `${value.length} bytes` : foundText(value);
      return this.#refuse(
        column,
        `${8 * count} bytes, a float64 for each of ${count} parameters`,
        found,
      );
    }
    // Copied number by number: the library's buffer need not lie on a multiple of 8, and a buffer
    // of its own a row is slow to make and to collect.
    const params = new Float64Array(count);
    for (let i = 0; i < count; i++) params[i] = value.readDoubleLE(8 * i);
    return params;
  }

  #refuse(column: string, expected: string, found: string): never {
    throw new StorageError(
      'damaged',
      this.#file,
      `${this.#file}: ${column}: expected ${expected}, found ${found}`,
      {
        column,
        expected,
        found,
      },
    );
  }
}

function found(value: unknown): string {
  return Buffer.isBuffer(value)
    ? `the bytes ${value.subarray(0, 12).toString('hex')}`
    : foundText(value);
}

export function paramsBlob(params: EncodedParams): Buffer {
  return Buffer.from(params.buffer, params.byteOffset, params.byteLength);
}
