/** What a cell or a problem of the trial table says. Pure. */
import type { Axis } from '../../../core/search-space/axis.ts';
import { parameter } from '../../format.ts';
import { text } from '../../text.ts';
import type { TableColumn } from './columns.ts';
import type { FilterProblem } from './filter.ts';

export function columnTitle({ name, axis }: TableColumn, measure: 'accuracy' | 'loss' | 'value'): string {
  if (axis !== null) return axis.name;
  return name === 'value' ? text.trials.value(measure) : text.trials.columns[name as keyof typeof text.trials.columns];
}

/** @param encoded NaN: not used */
export function paramText({ distribution }: Axis, encoded: number): string {
  if (Number.isNaN(encoded)) return text.notUsed;
  if (distribution.type !== 'categorical') return parameter(encoded);
  const choice = distribution.choices[encoded];
  if (choice === undefined) return text.unknown;
  return typeof choice === 'number' ? parameter(choice) : choice === null ? text.none : String(choice);
}

export function problemText({ part, expected, after, found, names }: FilterProblem): string {
  if (expected === 'name') return text.trials.filterName({ part, found, names: text.list(names) });
  return text.trials.filterExpected({ part, number: expected === 'number', after, found: found === '' ? text.trials.nothing : found });
}
