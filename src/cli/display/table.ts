/** Formats aligned tables in plain text. */
import { at } from '../../core/at.ts';
import { columns, cut } from './format.ts';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

const GAP = '  ';

/**
 * One header and rows, each column as wide as its widest cell.
 * @param width columns of the terminal; longer lines are cut. Infinity: no terminal, nothing is cut
 */
export function table(
  head: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): string[] {
  const widths = head.map((column, i) =>
    Math.max(columns(column.title), ...rows.map((row) => columns(at(row, i)))),
  );
  const line = (cells: readonly string[]): string =>
    cut(
      head.map((column, i) => pad(at(cells, i), at(widths, i), column.align)).join(GAP),
      width,
    ).trimEnd();
  return [line(head.map(({ title }) => title)), ...rows.map(line)];
}

/** Number of terminal columns of such a table. */
export function tableWidth(lines: readonly string[]): number {
  return Math.max(0, ...lines.map(columns));
}

/**
 * Wraps words into lines of at most `width` columns, each starting with `indent`. Never splits a
 * word.
 */
export function wrap(words: readonly string[], width: number, indent = '', gap = GAP): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && columns(indent + line + gap + word) > width) {
      lines.push(indent + line);
      line = '';
    }
    line += line === '' ? word : gap + word;
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - columns(cell)));
  return align === 'left' ? cell + space : space + cell;
}
