/**
 * Runs benchmarks by name and prints a table for people, or with --json one object a line. Each measures its peer in the same
 * run; a peer that is not installed is said so. Results go to bench/results/ with machine and date (--save).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { BenchRow } from './row.ts';

const benches: Record<string, () => Promise<{ run: () => Promise<BenchRow[]> }>> = {
  mnist: () => import('./mnist.ts'),
  training: () => import('./training.ts'),
  overhead: () => import('./overhead.ts'),
  speedup: () => import('./speedup.ts'),
  ask: () => import('./ask.ts'),
  scale: () => import('./scale.ts'),
  search: () => import('./search.ts'),
  replay: () => import('./replay.ts'),
  chaos: () => import('./chaos.ts'),
};

const HEAD = ['case', 'measured', 'peer', 'ratio', 'goal', '', 'note'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, save: { type: 'boolean', default: false } },
});
const names = positionals.length > 0 ? positionals : Object.keys(benches).filter((name) => name !== 'chaos');
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark named ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}

const machine = `${cpus()[0]?.model ?? 'unknown processor'} × ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}-${process.arch}`;
const date = new Date().toISOString().slice(0, 10);
let missed = 0;
for (const name of names) {
  const bench = await benches[name]?.();
  const rows = (await bench?.run()) ?? [];
  missed += rows.filter((row) => row.held === false).length;
  process.stdout.write(values.json ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : table(name, rows));
  if (values.save && rows.length > 0) {
    const folder = new URL('results/', import.meta.url);
    mkdirSync(folder, { recursive: true });
    writeFileSync(new URL(`${name}.md`, folder), `# ${name}\n\n${date}, ${machine}\n\n${markdown(rows)}`);
  }
}
process.exit(missed > 0 ? 1 : 0);

function cells(row: BenchRow): string[] {
  const held = row.held === null ? '–' : row.held ? 'held' : 'MISSED';
  const peer = row.peer === null ? '–' : `${row.peer}${row.peerValue === null ? '' : `: ${short(row.peerValue)}`}`;
  return [
    row.case,
    `${short(row.value)} ${row.unit}`,
    peer,
    row.ratio === null ? '–' : `${short(row.ratio)} ×`,
    row.goal,
    held,
    row.note ?? '',
  ];
}

function short(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)));
}

function table(name: string, rows: readonly BenchRow[]): string {
  const lines = [HEAD, ...rows.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return `\n${name}\n${lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`;
}

function markdown(rows: readonly BenchRow[]): string {
  return [HEAD, HEAD.map(() => '---'), ...rows.map(cells)].map((line) => `| ${line.join(' | ')} |\n`).join('');
}
