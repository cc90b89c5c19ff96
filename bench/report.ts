/** Formats results: a table for the terminal, the same for a Markdown file, and the machine. */
import { cpus, totalmem } from 'node:os';

export type Cells = readonly string[];

/** Processor × cores, memory, Node, platform. */
export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model ?? 'unknown processor'} × ${cpus().length}, ${memory} GiB, Node ${process.version}, ${process.platform}-${process.arch}`;
}

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function terminalTable(head: Cells, rows: readonly Cells[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

export function markdownTable(head: Cells, rows: readonly Cells[]): string {
  return [head, head.map(() => '---'), ...rows].map((line) => `| ${line.join(' | ')} |\n`).join('');
}
