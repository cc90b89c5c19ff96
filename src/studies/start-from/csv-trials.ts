/**
 * Reads trials from a CSV table: one row a trial, one column a parameter, and a column with the
 * value. Columns named as Optuna's `trials_dataframe` names them are understood.
 */
import { at } from '../../core/at.ts';
import { nearestName } from '../../core/nearest-name.ts';
import { csvRows, delimiterOf } from '../../datasets/formats/csv.ts';
import type { Row } from '../../datasets/formats/csv.ts';
import { MemoryBytes } from '../../datasets/sources/bytes.ts';
import { fault, LeftOut, refuseTooMany } from './earlier-search.ts';
import type { EarlierSearch, EarlierTrial } from './earlier-search.ts';

/** Prefix of the parameters' columns in Optuna's tables. */
const OPTUNA_PREFIX = 'params_';
/** States, in any case, of rows whose value counts. */
const COMPLETE = new Set(['complete', 'completed', 'succeeded']);

/**
 * @param values names of the columns with the values; null: `value`
 * @throws InvalidInput that names the line and the column; DatasetError for an unclosed quote
 */
export function readCsvTrials(
  content: Uint8Array,
  source: string,
  values: readonly string[] | null,
): EarlierSearch {
  const bytes = new MemoryBytes(source, content);
  const delimiter = delimiterOf(bytes);
  if (delimiter === null)
    throw fault(
      source,
      '',
      'a lab file, an Optuna file or journal, or a CSV table with a header line',
      'none of them',
    );
  let columns: Columns | null = null;
  const leftOut = new LeftOut();
  const trials: EarlierTrial[] = [];
  for (const row of csvRows(bytes, delimiter)) {
    if (columns === null) columns = columnsOf(row, source, values ?? ['value']);
    else {
      const trial = trialOf(row, columns, source);
      if (typeof trial === 'string') leftOut.add(trial);
      else trials.push(trial);
    }
    refuseTooMany(source, trials.length);
  }
  return { name: source, directions: null, trials, leftOut: leftOut.list, areTexts: true };
}

interface Columns {
  readonly names: readonly string[];
  readonly values: readonly number[];
  /** Column with the trial's state; -1: there is none. */
  readonly state: number;
  /** Columns of parameters, with the parameter's name. */
  readonly params: readonly { readonly index: number; readonly name: string }[];
}

function columnsOf({ fields, line }: Row, source: string, values: readonly string[]): Columns {
  const twice = fields.find((name, i) => name !== '' && fields.indexOf(name) !== i);
  if (twice !== undefined)
    throw fault(source, `line ${line}`, 'each column once', `${JSON.stringify(twice)} twice`);
  const found = values.map((name) => {
    const index = fields.indexOf(name);
    if (index >= 0) return index;
    const nearest = nearestName(name, fields);
    const hint = `${nearest === undefined ? '' : `did you mean ${nearest}? `}--start-value or Value names the column`;
    throw fault(source, `line ${line}`, `a column ${name}`, fields.slice(0, 12).join(', '), hint);
  });
  const isOptuna = fields.some((name) => name.startsWith(OPTUNA_PREFIX));
  const params = fields.flatMap((name, index) => {
    if (name === '' || found.includes(index) || name === 'state') return [];
    if (!isOptuna) return [{ index, name }];
    return name.startsWith(OPTUNA_PREFIX)
      ? [{ index, name: name.slice(OPTUNA_PREFIX.length) }]
      : [];
  });
  return { names: fields, values: found, state: fields.indexOf('state'), params };
}

/** Returns the trial, or the reason why it is left out. */
function trialOf(
  { fields, line }: Row,
  { names, values, state, params }: Columns,
  source: string,
): EarlierTrial | string {
  if (fields.length !== names.length)
    throw fault(source, `line ${line}`, `${names.length} fields`, String(fields.length));
  const ended = fields[state] ?? 'complete';
  if (!COMPLETE.has(ended.toLowerCase())) return ended.toLowerCase();
  const numbers: number[] = [];
  for (const index of values) {
    const text = at(fields, index);
    if (text === '') return 'without a value';
    const value = numberOf(text);
    if (value === null)
      throw fault(
        source,
        `line ${line}, column ${at(names, index)}`,
        'a number',
        JSON.stringify(text.slice(0, 60)),
      );
    numbers.push(value);
  }
  const given = params.flatMap(({ index, name }): [string, string][] => {
    const text = at(fields, index);
    return text === '' ? [] : [[name, text]];
  });
  return { params: Object.fromEntries(given), values: numbers };
}

/** A number as programs write it, `nan` and `inf` included; null: none. */
export function numberOf(text: string): number | null {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite === null) return null;
  return infinite[1] === '-' ? -Infinity : Infinity;
}
