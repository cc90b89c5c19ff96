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
import type { EarlierSearch, EarlierTrial, OptunaConstraint } from './earlier-search.ts';

/** Prefixes of the columns of parameters and user attributes in Optuna's tables. */
const OPTUNA_PREFIX = 'params_';
const OPTUNA_ATTRIBUTE = 'user_attrs_';
const OPTUNA_CONSTRAINTS = 'system_attrs_constraints';
/**
 * Prefixes of Optuna's columns of values: before the metric's name, or before the objective's
 * place.
 */
const OPTUNA_VALUES = ['value_', 'values_'] as const;
/** States, in any case, of rows whose value counts. */
const COMPLETE = new Set(['complete', 'completed', 'succeeded']);

/**
 * @param values names of the columns with the values; null: `value`
 * @param constraints names of metrics whose columns are read where there are any
 * @throws InvalidInput that names the line and the column; DatasetError for an unclosed quote
 */
export function readCsvTrials(
  content: Uint8Array,
  source: string,
  values: readonly string[] | null,
  constraints: readonly string[] = [],
): EarlierSearch {
  const bytes = new MemoryBytes(source, content);
  const delimiter = delimiterOf(bytes);
  if (delimiter === null)
    throw fault(
      source,
      '',
      'a lab file, an Optuna file or journal, or a CSV table with a header line and trials',
      'none of them',
    );
  let columns: Columns | null = null;
  const leftOut = new LeftOut();
  const trials: EarlierTrial[] = [];
  for (const row of csvRows(bytes, delimiter)) {
    if (columns === null) columns = columnsOf(row, source, values ?? ['value'], constraints);
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
  readonly params: readonly Named[];
  /** Columns of metrics that the study constrains. */
  readonly metrics: readonly Named[];
  /** Column with Optuna's list of constraints; -1: there is none. */
  readonly constraints: number;
}

interface Named {
  readonly index: number;
  readonly name: string;
}

function columnsOf(
  { fields, line }: Row,
  source: string,
  values: readonly string[],
  constraints: readonly string[],
): Columns {
  const twice = fields.find((name, i) => name !== '' && fields.indexOf(name) !== i);
  if (twice !== undefined)
    throw fault(source, `line ${line}`, 'each column once', `${JSON.stringify(twice)} twice`);
  const found = values.map((name, place) => {
    const index = valueColumn(fields, name, { place, of: values.length });
    if (index !== null) return index;
    const nearest = nearestName(name, fields);
    const hint = `${nearest === undefined ? '' : `did you mean ${nearest}? `}--start-value or Value names the column`;
    throw fault(source, `line ${line}`, `a column ${name}`, fields.slice(0, 12).join(', '), hint);
  });
  const isOptuna = fields.some((name) => name.startsWith(OPTUNA_PREFIX));
  const metrics = constraints.flatMap((name): Named[] => {
    const index = [name, `${OPTUNA_ATTRIBUTE}${name}`].map((each) => fields.indexOf(each));
    return index
      .filter((each) => each >= 0)
      .slice(0, 1)
      .map((each) => ({ index: each, name }));
  });
  const params = fields.flatMap((name, index) => {
    if (name === '' || found.includes(index) || name === 'state') return [];
    if (metrics.some((metric) => metric.index === index)) return [];
    if (!isOptuna) return [{ index, name }];
    return name.startsWith(OPTUNA_PREFIX)
      ? [{ index, name: name.slice(OPTUNA_PREFIX.length) }]
      : [];
  });
  return {
    names: fields,
    values: found,
    state: fields.indexOf('state'),
    params,
    metrics,
    constraints: fields.indexOf(OPTUNA_CONSTRAINTS),
  };
}

/**
 * Returns the column of a value: by its name, by Optuna's name for that of a metric, or by the
 * place of the objective in a table of Optuna with as many; null: there is none.
 */
function valueColumn(
  fields: readonly string[],
  name: string,
  { place, of }: { readonly place: number; readonly of: number },
): number | null {
  const objectives = fields.filter((field) => /^values_\d+$/.test(field)).length;
  const names = [name, ...OPTUNA_VALUES.map((prefix) => `${prefix}${name}`)];
  if (of > 1 && objectives === of) names.push(`values_${place}`);
  return names.map((each) => fields.indexOf(each)).find((index) => index >= 0) ?? null;
}

/** Returns the trial, or the reason why it is left out. */
function trialOf(
  { fields, line }: Row,
  { names, values, state, params, metrics, constraints }: Columns,
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
  const measured = metrics.flatMap(({ index, name }): [string, number][] => {
    const value = numberOf(at(fields, index));
    return value === null ? [] : [[name, value]];
  });
  const listed = listedConstraints(fields[constraints] ?? '');
  return {
    params: Object.fromEntries(given),
    values: numbers,
    ...(measured.length === 0 ? {} : { metrics: Object.fromEntries(measured) }),
    ...(listed.length === 0 ? {} : { constraints: listed }),
  };
}

/** Constraints as Optuna's table writes them: `[-0.5, 0.25]`, or `(-0.5, 0.25)`. */
function listedConstraints(text: string): OptunaConstraint[] {
  const [, inner] = /^[[(](.*?),?[\])]$/.exec(text.trim()) ?? [];
  if (inner === undefined) return [];
  return inner.split(',').map((each) => ({ name: null, excess: numberOf(each.trim()) ?? NaN }));
}

/** A number as programs write it, `nan` and `inf` included; null: none. */
export function numberOf(text: string): number | null {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite === null) return null;
  return infinite[1] === '-' ? -Infinity : Infinity;
}
