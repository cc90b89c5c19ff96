/**
 * Tests that text of any bytes is read without ending the process; the library alone would abort
 * it.
 */
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { decoded, guarded, resultColumns } from '../../src/storage/utf8-guard.ts';

describe('Lab file: text that is not UTF-8', () => {
  it('returns every UTF-8 text as it is, and null for any other bytes', () => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t (text TEXT)');
    const insert = db.prepare('INSERT INTO t VALUES (CAST(? AS TEXT))');
    const select = db.prepare(guarded('SELECT text FROM t')).raw(true);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 24 }).map((array) => Buffer.from(array)),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(bytes, (text) => {
        db.exec('DELETE FROM t');
        insert.run([text]);
        const [[value]] = select.all([]) as [[unknown]];
        expect(decoded(value)).toBe(isUtf8(text) ? text.toString('utf8') : null);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves numbers, NULL and blobs as they are, in the order of the statement', () => {
    const db = new Database(':memory:');
    db.exec(
      "CREATE TABLE t (a, b, c, d); INSERT INTO t VALUES (2, 'two', NULL, x'00ff'), (1, 0.5, 'é', 'one')",
    );
    const rows = db.prepare(guarded('SELECT a, b, c, d FROM t ORDER BY a')).raw(true).all([]);
    expect(rows).toEqual([
      [1, 0.5, Buffer.from('é'), 'one'],
      [2, 'two', null, Buffer.from([0, 0xff])],
    ]);
  });

  it.each([
    ['SELECT a FROM t', 1],
    ['SELECT a, max(b, c) FROM t, u', 2],
    ["SELECT a, 'x, FROM y', (SELECT b, c FROM u) FROM t", 3],
    ['SELECT "a,b", c\n  FROM t', 2],
  ])('counts the result columns of %s', (sql, count) => {
    expect(resultColumns(sql)).toBe(count);
  });
});
