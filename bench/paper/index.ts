/**
 * `npm run bench -- paper …`: repeats the published comparison, one command for each figure. Prints
 * a table and writes it with its picture to bench/results/. Searches are stored in a lab file, so
 * an interrupted benchmark continues and a repeated one only draws.
 */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EXIT } from '../../src/cli/process/exit-codes.ts';
import { onInterrupt } from '../../src/cli/process/interrupt.ts';
import { reportError } from '../../src/cli/process/report-error.ts';
import { machine, markdownTable, terminalTable, today } from '../report.ts';
import { accuracy } from './accuracy.ts';
import { oursBesideTheirs } from './ours.ts';
import type { Paper, PaperBench } from './paper.ts';
import { progressOn } from './progress.ts';
import { EVALUATIONS } from './published.ts';
import { scalability } from './scalability.ts';
import { Interrupted, Searches } from './searches.ts';
import { target } from './target.ts';

const benches: Readonly<Record<string, PaperBench>> = {
  accuracy,
  target,
  scalability,
  ours: oursBesideTheirs,
};

const USAGE = `usage: npm run bench -- paper NAME [options]; NAME is one of ${Object.keys(benches).join(', ')}, all
  --seeds N    searches of each kind (default 10)
  --workers N  worker processes (default: one for each core)
  --lab FILE   the lab file that keeps the searches (default paper.db); remove it to run them anew
  --quick      2 seeds of 16 evaluations, to try the bench itself; results go to a temporary folder
`;

/** @returns the exit code */
export async function paper(args: readonly string[]): Promise<number> {
  const asked = read(args);
  if (asked === null) return EXIT.badInput;
  const interrupted = new AbortController();
  const stopHearing = onInterrupt(() => interrupted.abort());
  const searches = new Searches(
    asked.lab,
    asked.workers,
    interrupted.signal,
    progressOn(process.stderr),
  );
  const folder = asked.quick
    ? mkdtempSync(join(tmpdir(), 'galapagos-paper-'))
    : fileURLToPath(new URL('../results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  try {
    for (const name of asked.names) {
      const made = await benches[name]?.({ ...asked, searches, signal: interrupted.signal });
      if (made === undefined) continue;
      process.stdout.write(`\n${asText(made)}`);
      for (const file of write(made, `paper-${name}`, folder))
        process.stdout.write(`written: ${file}\n`);
    }
    if (searches.found > 0)
      process.stdout.write(
        `${searches.found} searches were in ${asked.lab} already; remove it to run them anew.\n`,
      );
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof Interrupted))
      return reportError(error, process.stderr, {
        json: false,
        debug: process.env['GALAPAGOS_DEBUG'] === '1',
      });
    const kept = existsSync(asked.lab)
      ? `; finished searches are in ${asked.lab}, the same command goes on`
      : '';
    process.stderr.write(`\nstopped${kept}\n`);
    return EXIT.interrupted;
  } finally {
    stopHearing();
    await searches.close();
  }
}

interface Asked {
  readonly names: readonly string[];
  readonly seeds: number;
  readonly trials: number;
  readonly workers: number;
  readonly lab: string;
  readonly quick: boolean;
}

/** Null: the command line is invalid, and the error was printed. */
function read(args: readonly string[]): Asked | null {
  const refuse = (what: string): null => {
    process.stderr.write(`${what}\n${USAGE}`);
    return null;
  };
  const options = {
    seeds: { type: 'string' },
    workers: { type: 'string' },
    lab: { type: 'string', default: 'paper.db' },
    quick: { type: 'boolean', default: false },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  const { values, positionals } = parsed;
  const [name] = positionals;
  if (name === undefined || positionals.length > 1)
    return refuse(`expected one name, found ${positionals.join(' ') || 'none'}`);
  if (name !== 'all' && !(name in benches)) return refuse(`no paper bench named ${name}`);
  const [seeds, workers] = [
    Number(values.seeds ?? (values.quick ? 2 : 10)),
    Number(values.workers ?? availableParallelism()),
  ];
  if (!Number.isInteger(seeds) || seeds < 1)
    return refuse(`--seeds: expected an integer of at least 1, found ${values.seeds ?? ''}`);
  if (!Number.isInteger(workers) || workers < 1)
    return refuse(`--workers: expected an integer of at least 1, found ${values.workers ?? ''}`);
  return {
    names: name === 'all' ? Object.keys(benches) : [name],
    seeds,
    workers,
    trials: values.quick ? 16 : EVALUATIONS,
    lab: resolve(values.lab),
    quick: values.quick,
  };
}

function asText({ title, lead, tables, notes }: Paper): string {
  return [
    `${title}\n${lead}\n`,
    ...tables.map(({ head, rows }) => terminalTable(head, rows)),
    `${notes.join('\n')}\n`,
  ].join('\n');
}

/** Returns the files. */
function write(
  { title, lead, tables, notes, pictures }: Paper,
  name: string,
  folder: string,
): readonly string[] {
  const drawn = Object.entries(pictures).map(([picture, svg]) => ({
    file: `${picture}.svg`,
    text: svg,
  }));
  const report = [
    `# ${title}\n\n${today()}, ${machine()}\n\n${lead}\n`,
    ...tables.map(({ head, rows }) => markdownTable(head, rows)),
    ...drawn.map(({ file }) => `![${title}](${file})\n`),
    notes.map((note) => `- ${note}\n`).join(''),
  ].join('\n');
  return [{ file: `${name}.md`, text: report }, ...drawn].map(({ file, text }) => {
    writeFileSync(join(folder, file), text);
    return join(folder, file);
  });
}
