/**
 * CSV (RFC 4180; also `;` and tabs): rows of a table as texts, with quotes undone. csv-parse
 * parses; limits, line numbers and errors are defined here. Knows nothing of labels.
 */
import { CsvError, Parser } from 'csv-parse';
import { DatasetError, mismatch } from '../dataset-error.ts';
import { MemoryBytes, runs, type Bytes } from '../sources/bytes.ts';

export interface Row {
  /** From 1; of the row's first line. */
  readonly line: number;
  readonly fields: readonly string[];
}

const RUN = 256 * 1024;
/** Greatest length of a row, in bytes. */
const LONGEST_ROW = 8 * 2 ** 20;
const DELIMITERS = [',', ';', '\t'] as const;

/**
 * Returns the delimiter if this is a table: its first two rows have more than one field; else null.
 */
export function delimiterOf(bytes: Bytes): string | null {
  const head = Buffer.from(bytes.read(0, Math.min(RUN, bytes.length)));
  // eslint-disable-next-line no-control-regex -- text contains none of these
  if (/[\u0000-\u0008\u000e-\u001f]/.test(head.toString('utf8').slice(0, 4096))) return null;
  // A last line that may be incomplete is left out.
  const end = head.length < bytes.length ? head.lastIndexOf('\n') + 1 : head.length;
  const beginning = new MemoryBytes(bytes.name, head.subarray(0, end));
  return DELIMITERS.find((delimiter) => isTable(beginning, delimiter)) ?? null;
}

/** An open quote after the first row is left to the reader of the whole table. */
function isTable(bytes: Bytes, delimiter: string): boolean {
  let tables = 0;
  try {
    for (const { fields } of csvRows(bytes, delimiter)) {
      if (fields.length < 2) return false;
      tables += 1;
      if (tables === 2) return true;
    }
    return false;
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return tables === 1;
  }
}

/**
 * Yields the rows without empty lines.
 * @throws DatasetError at an unclosed quote and at a row above the limit; the caller checks the
 *   number of fields
 */
export function* csvRows(bytes: Bytes, delimiter: string): Generator<Row> {
  let rows: Row[] = [];
  let end = 0;
  const parser = new Parser({
    delimiter,
    record_delimiter: ['\n', '\r\n'],
    bom: true,
    trim: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
    on_record: (fields: string[], { lines }: { readonly lines: number }) => {
      // Lines of a row with line breaks are counted from its last line.
      const line = lines - end === 1 ? lines : lines - fields.join('').split('\n').length + 1;
      end = lines;
      rows.push({ line, fields });
      // Rows are collected here, so the stream gets none.
      return null;
    },
  });
  // The parser works within `write` and `end`; `errored` is set when they return.
  parser.on('error', () => undefined);
  const parsed = (): readonly Row[] => {
    const whole = rows;
    rows = [];
    return whole;
  };
  for (const run of runs(bytes, 0, bytes.length, RUN)) {
    parser.write(Buffer.from(run));
    yield* parsed();
    if (parser.errored !== null) throw complaint(bytes.name, end + 1, parser.errored);
  }
  parser.end();
  yield* parsed();
  if (parser.errored !== null) throw complaint(bytes.name, end + 1, parser.errored);
}

function complaint(name: string, line: number, error: Error): Error {
  const place = `line ${line}`;
  if (!(error instanceof CsvError)) return error;
  if (error.code === 'CSV_MAX_RECORD_SIZE')
    return mismatch(name, place, `a row of at most ${LONGEST_ROW} bytes`, 'a longer one');
  if (error.code === 'CSV_QUOTE_NOT_CLOSED')
    return mismatch(name, place, 'the closing " of a field', 'none');
  return mismatch(name, place, 'rows of fields', error.message);
}
