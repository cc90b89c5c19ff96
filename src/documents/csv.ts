/** CSV by RFC 4180, and the best configurations as CSV. */
import type { BestConfigs } from '../protocol/best-configs.ts';

/**
 * One header line, then one line for each configuration. The cell of an inactive parameter is
 * empty. Where the study lists objectives, each has a column, as in the table of all trials.
 */
export function csvText({ best, metric, split }: BestConfigs): string {
  const names = [...new Set(best.flatMap(({ params }) => Object.keys(params)))];
  const objectives = [...new Set(best.flatMap(({ values = {} }) => Object.keys(values)))];
  const head = [
    'rank',
    'trial',
    'value',
    'metric',
    'split',
    ...objectives.map((objective) => `objective ${objective}`),
    ...names,
    'attempt',
    'operator',
    'parents',
    'generation',
    'energy',
  ];
  const rows = best.map(({ rank, trial, value, values = {}, params, attempt, lineage, energy }) => [
    rank,
    trial,
    value,
    metric ?? '',
    split ?? '',
    ...objectives.map((objective) => values[objective] ?? ''),
    ...names.map((name) => (Object.hasOwn(params, name) ? params[name] : '')),
    attempt,
    lineage?.operator ?? '',
    lineage?.parents.join(' ') ?? '',
    lineage?.generation ?? '',
    energy ?? '',
  ]);
  return csvOf([head, ...rows]);
}

/** Formats lines of cells by RFC 4180; every line is terminated. */
export function csvOf(lines: readonly (readonly unknown[])[]): string {
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** Quotes a cell that contains a comma, a quote or a line break. */
function cell(value: unknown): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
