/** Text of the trials table. */
import { scoreName } from '../../core/study/score.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import type { MetricName } from '../../protocol/window/row-columns.ts';
import { count } from '../format.ts';
import { many } from './words.ts';

export const trials = {
  chooseColumns: 'Columns',
  columns: {
    number: '#',
    state: 'State',
    curve: 'Curve',
    parents: 'Parents',
    generation: 'Generation',
    device: 'Worker',
    attempts: 'Attempts',
    reports: 'Reports',
    started: 'Started',
    time: 'Time',
  },
  metrics: { energy: 'Energy' } satisfies Readonly<Record<MetricName, string>>,
  value: (kind: ScoreKind) => {
    const name = scoreName(kind);
    return name.charAt(0).toUpperCase() + name.slice(1);
  },
  filter: 'Filter the trials',
  filterHint: 'Filter: units > 200, adam',
  filterExpected: ({
    part,
    number,
    after,
    found,
  }: {
    part: string;
    number: boolean;
    after: string;
    found: string;
  }) => `${part}: expected ${number ? 'a number' : 'a value'} after ${after}, found ${found}.`,
  filterName: ({ part, found, names }: { part: string; found: string; names: string }) =>
    `${part}: expected one of ${names}, found ${found === '' ? 'nothing' : found}.`,
  nothing: 'nothing',
  newRows: ({ trials }: { trials: number }) => `${count(trials)} new, show`,
  empty: 'No trial yet. The first starts when a worker is ready.',
  noneMatches: 'No trial matches the filter.',
  matching: ({ rows, of }: { rows: number; of: number }) =>
    `${count(rows)} of ${many(of, 'trial')} ${rows === 1 ? 'matches' : 'match'}`,
  clear: 'Clear filters',
  hidden: ({ trial }: { trial: number }) => `Trial ${trial} is selected, but the filters hide it.`,
  clearToShow: ({ trial }: { trial: number }) => `Clear the filters and show trial ${trial}`,
  range: ({ name, low, high }: { name: string; low: string; high: string }) =>
    low === high ? `${name} ${low}` : `${name} ${low} to ${high}`,
  rangeFrom: 'Range brushed in another view. Click to remove it.',
  clearRange: ({ range }: { range: string }) => `Remove the range ${range}`,
  summary: (n: {
    complete: number;
    running: number;
    waiting: number;
    paused: number;
    pruned: number;
    failed: number;
    diverged: number;
    shown: number;
  }) => {
    const all = n.complete + n.running + n.waiting + n.paused + n.pruned + n.failed;
    const parts = [
      [n.complete - n.diverged, 'complete'],
      [n.running, 'running'],
      [n.waiting, 'waiting'],
      [n.paused, 'paused'],
      [n.pruned, 'pruned'],
      [n.failed, 'failed'],
      [n.diverged, 'diverged'],
    ] as const;
    const said = parts.filter(([each]) => each > 0).map(([each, name]) => `${count(each)} ${name}`);
    return `${many(all, 'trial')}: ${said.join(', ')}. ${count(n.shown)} shown.`;
  },
};
