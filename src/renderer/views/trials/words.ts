/** Formats cells and problems of the trials table. Pure. */
import type { ScoreKind } from '../../../core/study/score.ts';
import type { Axis } from '../../../core/search-space/axis.ts';
import { count, value } from '../../format.ts';
import { encodedText } from '../../words/param-words.ts';
import type { Range } from '../../state/selection.svelte.ts';
import { text } from '../../text.ts';
import type { TableColumn } from './columns.ts';
import type { FilterProblem } from './filter.ts';

export function columnTitle(
  { name, axis, metric, objective }: TableColumn,
  kind: ScoreKind & { readonly objectives?: readonly string[] },
): string {
  if (axis !== null) return axis.name;
  if (objective !== null) return objective.metric;
  if (metric !== null) return text.trials.metrics[metric.name];
  return name === 'value'
    ? // The value is that of the first objective.
      ((kind.metric === 'value' ? kind.objectives?.[0] : undefined) ?? text.trials.value(kind))
    : text.trials.columns[name as keyof typeof text.trials.columns];
}

export function problemText({ part, expected, after, found, names }: FilterProblem): string {
  if (expected === 'name') return text.trials.filterName({ part, found, names: text.list(names) });
  return text.trials.filterExpected({
    part,
    number: expected === 'number',
    after,
    found: found === '' ? text.trials.nothing : found,
  });
}

/** Describes a brushed range; for choices it names the first and the last. */
export function rangeText(
  name: string,
  { low, high }: Range,
  axes: readonly Axis[],
  kind: ScoreKind,
): string {
  if (name === '#number')
    return text.trials.range({
      name: text.trials.columns.number,
      low: count(low),
      high: count(high),
    });
  if (name === '#value')
    return text.trials.range({
      name: text.trials.value(kind),
      low: value(low, kind.metric),
      high: value(high, kind.metric),
    });
  const axis = axes.find((each) => each.name === name);
  if (axis === undefined) return name;
  const [first, last] =
    axis.distribution.type === 'categorical' ? [Math.ceil(low), Math.floor(high)] : [low, high];
  return text.trials.range({ name, low: encodedText(axis, first), high: encodedText(axis, last) });
}
