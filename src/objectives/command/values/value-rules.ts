/**
 * Rules that find the values of a program that knows nothing of Galapagos: in the lines it prints,
 * in a JSON file or in a CSV file.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { ValueRule } from '../../../protocol/command-objective.ts';
import { numberOf, parseLenient } from './lenient-json.ts';
import { decodeLine } from './lines.ts';

/** Values in their order, as far as they were found, or why there is none. */
export type Found =
  | { readonly values: readonly number[] }
  | {
      /** A clause for people: `nothing that it printed matches /…/`. */
      readonly missing: string;
    };

export type Stream = 'stdout' | 'stderr';

/** Looks for the values of one attempt. */
export interface Search {
  /** Streams whose lines it looks at. */
  readonly streams: readonly Stream[];
  /** A line of such a stream. Returns the value that it holds; null: none. */
  line(text: string): number | null;
  /** Values of a file, read anew if it has changed; of lines, all so far. */
  look(): Found;
}

/** Greatest size of a file that values are read from, in bytes. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * @param folder of the attempt, to which a file is relative
 * @param shared working folder of the program, for the text of an error
 */
export function searchFor(rule: ValueRule, folder: string, shared: string): Search {
  if ('stdout' in rule) return new LineSearch(rule.stdout, ['stdout']);
  if ('output' in rule) return new LineSearch(rule.output, ['stdout', 'stderr']);
  const file = 'json' in rule ? rule.json : rule.csv;
  const path = isAbsolute(file) ? file : join(folder, file);
  const read =
    'json' in rule
      ? (text: string): Found => inJson(text, rule.key, file)
      : (text: string): Found => inCsv(text, rule.column, file);
  return new FileSearch({ path, file, misplaced: join(shared, file) }, read);
}

class LineSearch implements Search {
  readonly streams: readonly Stream[];
  readonly #pattern: RegExp;
  readonly #values: number[] = [];
  /** A match whose group was no number; null: none. */
  #odd: string | null = null;

  constructor(pattern: string, streams: readonly Stream[]) {
    this.streams = streams;
    this.#pattern = new RegExp(pattern);
  }

  line(text: string): number | null {
    const match = this.#pattern.exec(text);
    if (match === null) return null;
    const value = numberOf(match[1]);
    if (value === null) this.#odd = match[1] ?? '';
    else this.#values.push(value);
    return value;
  }

  look(): Found {
    if (this.#values.length > 0) return { values: this.#values };
    return {
      missing:
        this.#odd === null
          ? `${this.streams.length === 1 ? 'no line of standard output' : 'nothing that it printed'} matches /${this.#pattern.source}/`
          : `/${this.#pattern.source}/ matched ${JSON.stringify(this.#odd)}, which is not a number`,
    };
  }
}

interface SearchedFile {
  readonly path: string;
  /** As the rule has it. */
  readonly file: string;
  /** Working folder, to which a program writes that does not know the attempt's folder. */
  readonly misplaced: string;
}

class FileSearch implements Search {
  readonly streams: readonly Stream[] = [];
  readonly #path: string;
  readonly #file: string;
  readonly #misplaced: string;
  readonly #read: (text: string) => Found;
  #seen = '';
  #found: Found | null = null;

  constructor({ path, file, misplaced }: SearchedFile, read: (text: string) => Found) {
    this.#path = path;
    this.#file = file;
    this.#misplaced = misplaced;
    this.#read = read;
  }

  line(): null {
    return null;
  }

  look(): Found {
    try {
      const stats = statSync(this.#path);
      // Reading a pipe waits for a writer.
      if (!stats.isFile()) return { missing: `${this.#file} is not a file` };
      const { size, mtimeMs, ino } = stats;
      const seen = `${size} ${mtimeMs} ${ino}`;
      if (seen === this.#seen && this.#found !== null) return this.#found;
      this.#found =
        size > MOST_BYTES
          ? { missing: `${this.#file} has more than ${MOST_BYTES / 2 ** 20} MiB` }
          : this.#read(decodeLine(readFileSync(this.#path)));
      this.#seen = seen;
    } catch {
      // Not there yet, or just being replaced.
    }
    return this.#found ?? { missing: this.#absent() };
  }

  #absent(): string {
    const absent = `it wrote no file ${this.#file} in the folder of the attempt`;
    return existsSync(this.#misplaced)
      ? `${absent}; one is in the working folder, which all trials share: have the program write to {trialDir} or GALAPAGOS_TRIAL_DIR`
      : absent;
  }
}

function inJson(text: string, key: string, file: string): Found {
  let value: unknown;
  try {
    value = parseLenient(text);
  } catch (error) {
    return { missing: `${file} is not JSON: ${error instanceof Error ? error.message : ''}` };
  }
  const whole = atPath(value, key);
  const list = Array.isArray(whole) ? whole.map(numberOf) : [numberOf(whole)];
  const values = list.filter((each) => each !== null);
  if (values.length > 0 && values.length === list.length) return { values };
  if (whole !== undefined && list.length > 0)
    return { missing: `"${key}" in ${file} is ${shown(whole)}, which is not a number` };
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const has = names.length === 0 ? 'no fields' : names.slice(0, 12).join(', ');
  return { missing: `${file} has no "${key}": it has ${has}` };
}

/** The field of that name, or the value that its dotted path leads to. */
function atPath(root: unknown, key: string): unknown {
  if (typeof root !== 'object' || root === null) return undefined;
  if (Object.hasOwn(root, key)) return (root as Readonly<Record<string, unknown>>)[key];
  let value: unknown = root;
  for (const name of key.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) value = (value as readonly unknown[]).at(Number(name));
    else if (Object.hasOwn(value, name)) value = (value as Record<string, unknown>)[name];
    else return undefined;
  }
  return value;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function inCsv(text: string, column: string, file: string): Found {
  let rows: string[][];
  try {
    rows = parse(text, {
      bom: true,
      delimiter: [',', ';', '\t'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      trim: true,
    });
  } catch (error) {
    return { missing: `${file} is not CSV: ${error instanceof Error ? error.message : ''}` };
  }
  const [header = [], ...body] = rows;
  const place = header.indexOf(column);
  if (place < 0)
    return {
      missing: `${file} has no column "${column}": it has ${header.slice(0, 20).join(', ')}`,
    };
  const values = body.map((row) => numberOf(row[place])).filter((value) => value !== null);
  return values.length > 0
    ? { values }
    : { missing: `the column "${column}" of ${file} has no number` };
}
