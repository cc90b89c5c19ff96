/**
 * Runs benchmarks by name and prints a table, or one JSON object on each line with --json. Each
 * measures its peer in the same run and reports a missing one. Results go to bench/results/ with
 * machine and date (--save). `paper …` repeats the published comparison, `window …` measures the
 * window in a browser, `gpu …` a graphics card; these have arguments of their own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../build/build-if-stale.mjs';
import { machine, markdownTable, terminalTable, today } from './report.ts';
import type { BenchOptions, BenchRow } from './row.ts';

const benches: Record<
  string,
  () => Promise<{ run: (options: BenchOptions) => Promise<BenchRow[]> }>
> = {
  mnist: () => import('./mnist.ts'),
  'mnist-samplers': () => import('./mnist-samplers.ts'),
  training: () => import('./training.ts'),
  import: () => import('./import.ts'),
  tensorflow: () => import('./tensorflow.ts'),
  overhead: () => import('./overhead.ts'),
  command: () => import('./command.ts'),
  'command-pruning': () => import('./command-pruning.ts'),
  'command-output': () => import('./command-output.ts'),
  speedup: () => import('./speedup.ts'),
  ask: () => import('./ask.ts'),
  sampling: () => import('./sampling.ts'),
  edit: () => import('./edit.ts'),
  scale: async () => {
    const { run } = await import('./scale.ts');
    return { run: () => run() };
  },
  nodes: async () => {
    const { run } = await import('./nodes.ts');
    return { run: () => run() };
  },
  search: () => import('./search.ts'),
  restarts: () => import('./restarts.ts'),
  pruning: () => import('./pruning.ts'),
  replay: () => import('./replay.ts'),
  'gpu-counts': () => import('./gpu-counts.ts'),
  'lab-speed-up': () => import('./lab-speed-up.ts'),
  'lab-datasets': () => import('./lab-datasets.ts'),
  'lab-cost': () => import('./lab-cost.ts'),
  chaos: () => import('./chaos.ts'),
  'chaos-command': () => import('./chaos-command.ts'),
  'chaos-lab': () => import('./chaos-lab.ts'),
  'lab-adversarial': () => import('./lab-adversarial.ts'),
};

const HEAD = ['case', 'measured', 'peer', 'ratio', 'goal', '', 'note'];

const [first, ...rest] = process.argv.slice(2);
if (first === 'paper') {
  await runAsShipped();
  const { paper } = await import('./paper/index.ts');
  process.exit(await paper(rest));
}
if (first === 'window') {
  const { windowBench } = await import('./window/index.ts');
  const run = await windowBench(rest);
  if (run !== null) show('window', run.rows, run);
  process.exit(run === null ? 2 : run.rows.some(({ held }) => held === false) ? 1 : 0);
}

if (first === 'gpu') {
  const { gpuBench } = await import('./gpu/index.ts');
  const run = await gpuBench(rest);
  if (run !== null) show('gpu', run.rows, run);
  process.exit(run === null ? 2 : run.rows.some(({ held }) => held === false) ? 1 : 0);
}

const { values, positionals } = parsed();
if (values.help) {
  process.stdout.write(usage());
  process.exit(0);
}
const names =
  positionals.length > 0
    ? positionals
    : Object.keys(benches).filter((name) => !name.startsWith('chaos'));
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(
    `no benchmark named ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}, paper, window, gpu\n`,
  );
  process.exit(2);
}

await runAsShipped();
const options: BenchOptions = {
  ...numberOption('seeds', values.seeds),
  ...numberOption('gpSeeds', values['gp-seeds']),
  ...numberOption('processes', values.processes),
  cached: values.cached,
  ...(values.samplers === undefined ? {} : { samplers: values.samplers.split(',') }),
};
let missed = 0;
for (const name of names) {
  const bench = await benches[name]?.();
  const rows = (await bench?.run(options)) ?? [];
  missed += rows.filter((row) => row.held === false).length;
  show(name, rows, values);
}
process.exit(missed > 0 ? 1 : 0);

/**
 * Has processes and threads run as they are shipped: from its sources, a worker takes twice the
 * memory, and a trial of a program twice the CPU time.
 */
async function runAsShipped(): Promise<void> {
  const root = fileURLToPath(new URL('../', import.meta.url));
  await buildIfStale(root, { only: ['programs'] });
  process.env['GALAPAGOS_BUILT_ENTRIES'] = join(root, 'out', 'main');
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        save: { type: 'boolean', default: false },
        seeds: { type: 'string' },
        'gp-seeds': { type: 'string' },
        processes: { type: 'string' },
        cached: { type: 'boolean', default: false },
        samplers: { type: 'string' },
      },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage()}`);
    process.exit(2);
  }
}

function usage(): string {
  return `usage: npm run bench -- [NAME …] [options]
  ${Object.keys(benches).join(', ')},
  or paper, window, gpu with arguments of their own
  --save           writes bench/results/NAME.md
  --json           prints one JSON object a line
  --seeds N        seeds of each search (search, pruning and others)
  --gp-seeds N     seeds of Optuna's Gaussian process (search)
  --samplers A,B   compares these samplers only, without peers (search, pruning)
  --processes N    searches at a time (search, pruning)
  --cached         runs no search: reports those in .cache/search (search, pruning)
`;
}

function numberOption(name: keyof BenchOptions, text: string | undefined): BenchOptions {
  if (text === undefined) return {};
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return { [name]: value };
  process.stderr.write(`expected a positive integer for ${name}, found ${text}\n`);
  process.exit(2);
}

function show(
  name: string,
  rows: readonly BenchRow[],
  { json, save }: { readonly json: boolean; readonly save: boolean },
): void {
  process.stdout.write(
    json
      ? rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      : `\n${name}\n${terminalTable(HEAD, rows.map(cells))}`,
  );
  if (!save || rows.length === 0) return;
  const folder = new URL('results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    new URL(`${name}.md`, folder),
    `# ${name}\n\n${today()}, ${machine()}, load average ${(loadavg()[0] ?? NaN).toFixed(1)}\n\n${markdownTable(HEAD, rows.map(cells))}`,
  );
}

function cells(row: BenchRow): string[] {
  const held = row.held === null ? '–' : row.held ? 'held' : 'MISSED';
  const peer =
    row.peer === null
      ? '–'
      : `${row.peer}${row.peerValue === null ? '' : `: ${short(row.peerValue)}`}`;
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
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(4)));
}
