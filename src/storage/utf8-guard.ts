/**
 * Rewrites a SELECT so that text the library cannot read arrives as bytes. libsql 0.5.29 converts
 * every text to UTF-8 with `unwrap`, which aborts the process on any other bytes; reading a damaged
 * file must not end the program.
 * Plain ASCII text stays text. Text with any other byte, or with a NUL, arrives as a Buffer;
 * `decoded` converts it to a string where it is UTF-8.
 */
import { isUtf8 } from 'node:buffer';

/**
 * True in SQL for text that is not plain ASCII. `length` stops at a NUL, `octet_length` does not.
 */
const notAscii = (column: string): string =>
  `(octet_length(${column}) <> length(${column}) OR ${column} GLOB '*[^' || char(1) || '-' || char(127) || ']*')`;

/**
 * Returns the statement with each result column guarded, in the same order. The names of the result
 * columns are lost.
 * @param sql a SELECT whose result columns contain no comma outside parentheses and quotes
 */
export function guarded(sql: string): string {
  const names = Array.from({ length: resultColumns(sql) }, (_, i) => `c${i}`);
  const columns = names.map(
    (name) =>
      `CASE WHEN typeof(${name}) = 'text' AND ${notAscii(name)} THEN CAST(${name} AS BLOB) ELSE ${name} END`,
  );
  return `WITH guarded(${names.join(', ')}) AS (${sql}) SELECT ${columns.join(', ')} FROM guarded`;
}

/** Counts the result columns of a SELECT: its commas before the outermost FROM, plus one. */
export function resultColumns(sql: string): number {
  let depth = 0;
  let columns = 1;
  for (const [token] of sql.matchAll(/'(?:[^']|'')*'|"[^"]*"|[(),]|\bFROM\b/gi)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (depth > 0) continue;
    else if (token === ',') columns += 1;
    else if (token.toUpperCase() === 'FROM') break;
  }
  return columns;
}

/**
 * Returns the text of a guarded column; null if the value is not text, or its bytes are not UTF-8.
 */
export function decoded(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) && isUtf8(value) ? value.toString('utf8') : null;
}
