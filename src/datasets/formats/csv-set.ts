/**
 * Tables with a column to predict: a class by its name or number, or targets named by --targets;
 * every other column is a feature.
 */
import { at, defined } from '../../core/at.ts';
import { mismatch } from '../dataset-error.ts';
import type { Importing } from '../import/importing.ts';
import { splitOfPath, type Split } from '../import/split-names.ts';
import type { Item } from '../sources/walk.ts';
import { csvRows, delimiterOf, type Row } from './csv.ts';

/** Roles of the columns, the same for every file. */
interface Columns {
  readonly names: readonly string[];
  readonly features: readonly number[];
  /** Column of the class; null: `targets` are predicted. */
  readonly label: number | null;
  readonly targets: readonly number[];
}

const LABELS = ['label', 'labels', 'class', 'target', 'y', 'category', 'species'];
/** More classes than this in a table are most likely numbers. */
const LIKELY_CLASSES = 1000;
const ROWS = 256;

export function readCsvSet(items: readonly Item[], importing: Importing): void {
  let columns: Columns | null = null;
  for (const item of items) columns = readTable(item, columns, importing);
}

function readTable(item: Item, earlier: Columns | null, importing: Importing): Columns {
  const { bytes } = item;
  const delimiter = delimiterOf(bytes) ?? ',';
  const rows = csvRows(bytes, delimiter);
  const [first, second] = [
    rows.next().value as Row | undefined,
    rows.next().value as Row | undefined,
  ];
  if (first === undefined || second === undefined)
    throw mismatch(bytes.name, null, 'a table of at least two rows', 'fewer');
  const headed = hasHeader(first.fields, second.fields, importing);
  const names = headed ? first.fields : first.fields.map((_, i) => String(i + 1));
  const columns = earlier ?? columnsOf(bytes.name, names, second.fields, headed, importing);
  if (columns.names.join('\n') !== names.join('\n'))
    throw mismatch(
      bytes.name,
      'line 1',
      `the columns of the first table (${listed(columns.names)})`,
      listed(names),
    );
  if (earlier === null) {
    const namesOf = (places: readonly number[]): string[] => places.map((i) => at(names, i));
    const label = columns.label === null ? null : at(names, columns.label);
    importing.name({
      features: namesOf(columns.features),
      targets: namesOf(columns.targets),
      label,
    });
  }
  if (earlier === null) {
    const [target, ...others] = columns.targets;
    const place = columns.label ?? (others.length === 0 ? target : undefined);
    importing.label({
      chosen: place === undefined ? null : at(names, place),
      choices: names.filter((name) => name !== ''),
    });
  }
  const table = new Table(item, columns, importing);
  if (!headed) table.add(first);
  table.add(second);
  for (const row of rows) table.add(row);
  table.flush();
  bytes.discard();
  return columns;
}

/**
 * A first row is a header if it names a known label or a requested column, or if it has texts only
 * where the next row has numbers.
 */
function hasHeader(
  first: readonly string[],
  second: readonly string[],
  { options }: Importing,
): boolean {
  const asked = [options.label, ...options.targets, ...options.drop].filter(
    (name) => name !== null,
  );
  if (
    first.some(
      (name) => !isNumber(name) && (LABELS.includes(name.toLowerCase()) || asked.includes(name)),
    )
  )
    return true;
  return first.every((name) => !isNumber(name)) && second.some(isNumber);
}

function columnsOf(
  file: string,
  names: readonly string[],
  example: readonly string[],
  headed: boolean,
  { options, note }: Importing,
): Columns {
  const place = (asked: string): number => {
    const index = headed ? names.indexOf(asked) : -1;
    const byNumber = /^[1-9]\d*$/.test(asked) ? Number(asked) - 1 : -1;
    const found = index === -1 ? byNumber : index;
    if (found < 0 || found >= names.length)
      throw mismatch(
        file,
        null,
        `a column ${JSON.stringify(asked)}`,
        headed ? listed(names) : `${String(names.length)} columns without names`,
      );
    return found;
  };
  const targets = options.targets.map(place);
  const label =
    targets.length > 0
      ? null
      : options.label === null
        ? guessedLabel(file, names, example)
        : place(options.label);
  const dropped = new Set(options.drop.map(place));
  // pandas writes its row numbers like this.
  if (headed && names[0] === '') {
    dropped.add(0);
    note(`the first column of ${file} has no name: left out as row numbers`);
  }
  const features = names.flatMap((_, i) =>
    i === label || targets.includes(i) || dropped.has(i) ? [] : [i],
  );
  if (features.length === 0)
    throw mismatch(file, null, 'at least one column beside what is predicted', 'none');
  return { names, features, label, targets };
}

function guessedLabel(file: string, names: readonly string[], example: readonly string[]): number {
  const named = names.findIndex((name) => LABELS.includes(name.toLowerCase()));
  if (named !== -1) return named;
  const last = names.length - 1;
  // The row may be shorter than the header.
  const value = example[last] ?? '';
  if (!isNumber(value) && value !== '') return last;
  throw mismatch(file, 'line 1', `a column named ${LABELS.slice(0, 4).join(', ')}`, listed(names), {
    option: 'label',
    words:
      'choose it with --label, or numbers to predict with --targets; for columns without names, use their numbers from 1',
    columns: names,
  });
}

class Table {
  readonly #item: Item;
  readonly #columns: Columns;
  readonly #importing: Importing;
  readonly #split: Split;
  readonly #values: Float32Array;
  readonly #labels: Float64Array;
  readonly #predicted: number;
  #rows = 0;

  constructor(item: Item, columns: Columns, importing: Importing) {
    this.#item = item;
    this.#columns = columns;
    this.#importing = importing;
    this.#split = splitOfPath(item.path === '' ? item.bytes.name : item.path) ?? 'training';
    const { features, targets } = columns;
    this.#predicted = targets.length || 1;
    this.#values = new Float32Array(ROWS * features.length);
    this.#labels = new Float64Array(ROWS * this.#predicted);
    importing.samples.begin(item.bytes.name, {
      shape: [features.length],
      sampleType: 'f32',
      targets: targets.length,
    });
  }

  add(row: Row): void {
    const { names, features, label, targets } = this.#columns;
    const { name } = this.#item.bytes;
    if (row.fields.length !== names.length)
      throw mismatch(
        name,
        `line ${String(row.line)}`,
        `${String(names.length)} fields as in the first line`,
        String(row.fields.length),
      );
    const first = this.#rows * features.length;
    for (let k = 0; k < features.length; k++)
      this.#values[first + k] = this.#number(row, defined(features[k]));
    if (label === null)
      targets.forEach(
        (column, k) => (this.#labels[this.#rows * this.#predicted + k] = this.#number(row, column)),
      );
    else this.#labels[this.#rows] = this.#class(row, label);
    this.#rows += 1;
    if (this.#rows === ROWS) this.flush();
  }

  flush(): void {
    const { samples, checkpoint } = this.#importing;
    if (this.#rows === 0) return;
    const values = this.#values.subarray(0, this.#rows * this.#columns.features.length);
    samples.add(
      this.#item.bytes.name,
      this.#split,
      new Uint8Array(values.buffer, 0, values.byteLength),
      this.#labels.subarray(0, this.#rows * this.#predicted),
    );
    this.#rows = 0;
    checkpoint();
  }

  #number(row: Row, column: number): number {
    const text = defined(row.fields[column]);
    // Adding 0 turns negative zero into zero.
    const value = text === '' ? NaN : Number(text) + 0;
    if (Number.isFinite(value) && Math.abs(value) < 3.5e38) return value;
    const { names, targets } = this.#columns;
    const name = at(names, column);
    const place = `line ${String(row.line)}, column ${JSON.stringify(name)}`;
    const hint = targets.includes(column)
      ? { option: 'label', words: `to predict a class, use --label ${name}`, columns: names }
      : { option: 'drop', words: 'use --drop to exclude a column', columns: [name] };
    throw mismatch(
      this.#item.bytes.name,
      place,
      'a number',
      text === '' ? 'nothing' : JSON.stringify(text),
      hint,
    );
  }

  #class(row: Row, column: number): number {
    const text = defined(row.fields[column]);
    const name = at(this.#columns.names, column);
    const place = `line ${String(row.line)}, column ${JSON.stringify(name)}`;
    if (text === '') throw mismatch(this.#item.bytes.name, place, 'a label', 'nothing');
    const id = this.#importing.classes.ofName(
      /^-?\d+(?:\.0+)?$/.test(text) ? String(Number(text)) : text,
      this.#item.bytes.name,
    );
    if (id >= LIKELY_CLASSES)
      throw mismatch(
        this.#item.bytes.name,
        place,
        `at most ${String(LIKELY_CLASSES)} classes`,
        'more',
        {
          option: 'targets',
          words: `to predict numbers, use --targets ${name}`,
          columns: this.#columns.names,
        },
      );
    return id;
  }
}

function isNumber(text: string): boolean {
  return text !== '' && Number.isFinite(Number(text));
}

function listed(names: readonly string[]): string {
  return names.length <= 6
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} … ${names.slice(-2).join(', ')} (${String(names.length)})`;
}
