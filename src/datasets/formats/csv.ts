/**
 * CSV (RFC 4180; also `;` and tabs): rows of a table as texts, with quotes undone. Knows nothing of
 * labels.
 */
import { defined } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import { runs, type Bytes } from '../sources/bytes.ts';

export interface Row {
  /** From 1; of the row's first line. */
  readonly line: number;
  readonly fields: readonly string[];
}

const RUN = 256 * 1024;
const LONGEST_ROW = 8 * 2 ** 20;
const DELIMITERS = [',', ';', '\t'] as const;

/**
 * Returns the delimiter if this is a table: its first lines have the same number of fields, more
 * than one; else null.
 */
export function delimiterOf(bytes: Bytes): string | null {
  const head = bytes.read(0, Math.min(RUN, bytes.length));
  const text = Buffer.from(head).toString('utf8');
  // eslint-disable-next-line no-control-regex -- text contains none of these
  if (/[\u0000-\u0008\u000e-\u001f]/.test(text.slice(0, 4096))) return null;
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const whole = head.length < bytes.length ? lines.slice(0, -1) : lines;
  const [first, second] = whole;
  if (first === undefined || second === undefined) return null;
  return (
    DELIMITERS.find(
      (delimiter) => split(first, delimiter).length > 1 && split(second, delimiter).length > 1,
    ) ?? null
  );
}

/** @throws DatasetError at an unclosed quote; the caller checks the length of rows */
export function* csvRows(bytes: Bytes, delimiter: string): Generator<Row> {
  let line = 1;
  let pending = '';
  let lines = 0;
  for (const part of textLines(bytes)) {
    pending = pending === '' ? part : `${pending}\n${part}`;
    lines += 1;
    if (pending.includes('"') && openQuote(pending)) {
      if (pending.length > LONGEST_ROW) break;
      continue;
    }
    if (pending !== '') yield { line, fields: split(pending, delimiter) };
    line += lines;
    lines = 0;
    pending = '';
  }
  if (pending !== '')
    throw mismatch(bytes.name, `line ${String(line)}`, 'the closing " of a field', 'none');
}

function* textLines(bytes: Bytes): Generator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for (const run of runs(bytes, 0, bytes.length, RUN)) {
    const lines = (rest + decoder.decode(run, { stream: true })).split('\n');
    rest = defined(lines.pop());
    if (rest.length > LONGEST_ROW)
      throw mismatch(
        bytes.name,
        null,
        `lines of at most ${String(LONGEST_ROW)} characters`,
        'a longer one',
      );
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

function openQuote(text: string): boolean {
  let quotes = 0;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes % 2 === 1;
}

function split(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter).map((field) => field.trim());
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = /^\s*"/.exec(text.slice(at, at + 64));
    let end: number;
    if (quoted === null) {
      end = text.indexOf(delimiter, at);
      fields.push(text.slice(at, end === -1 ? undefined : end).trim());
    } else {
      let field = '';
      let from = at + quoted[0].length;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote === -1) return [...fields, field + text.slice(from)];
        field += text.slice(from, quote);
        from = quote + 1;
        if (text[from] !== '"') break;
        field += '"';
        from += 1;
      }
      fields.push(field);
      end = text.indexOf(delimiter, from);
    }
    if (end === -1) return fields;
    at = end + 1;
  }
}
