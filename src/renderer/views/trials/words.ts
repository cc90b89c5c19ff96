/** What a cell or a problem of the trial table says. Pure. */
import { text } from '../../text.ts';
import type { TableColumn } from './columns.ts';
import type { FilterProblem } from './filter.ts';

export function columnTitle({ name, axis }: TableColumn, measure: 'accuracy' | 'loss' | 'value'): string {
  if (axis !== null) return axis.name;
  return name === 'value' ? text.trials.value(measure) : text.trials.columns[name as keyof typeof text.trials.columns];
}

export function problemText({ part, expected, after, found, names }: FilterProblem): string {
  if (expected === 'name') return text.trials.filterName({ part, found, names: text.list(names) });
  return text.trials.filterExpected({ part, number: expected === 'number', after, found: found === '' ? text.trials.nothing : found });
}
