/** CSV as RFC 4180 has it, and the best configurations as such. */
import type { BestConfigs } from '../protocol/best-configs.ts';

/**
 * A head line, then a line per configuration; a parameter that does not exist in one leaves its
 * cell empty.
 */
export function csvText({ best, measure, split }: BestConfigs): string {
  const names = [...new Set(best.flatMap(({ params }) => Object.keys(params)))];
  const head = [
    'rank',
    'trial',
    'value',
    'measure',
    'split',
    ...names,
    'attempt',
    'operator',
    'parents',
    'generation',
  ];
  const rows = best.map(({ rank, trial, value, params, attempt, lineage }) => [
    rank,
    trial,
    value,
    measure ?? '',
    split ?? '',
    ...names.map((name) => (Object.hasOwn(params, name) ? params[name] : '')),
    attempt,
    lineage?.operator ?? '',
    lineage?.parents.join(' ') ?? '',
    lineage?.generation ?? '',
  ]);
  return csvOf([head, ...rows]);
}

/** RFC 4180: lines of cells, each line ended. */
export function csvOf(lines: readonly (readonly unknown[])[]): string {
  return lines.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** Quoted where a comma, quote or line end asks for it. */
function cell(value: unknown): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
