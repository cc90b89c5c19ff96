/** Carries out `galapagos init`. */
import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import type { Distribution } from '../../core/search-space/distribution.ts';
import type { InitOutput } from '../../protocol/script-output.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';
import { initStudy } from '../../studies/script/init-study.ts';
import { NoParameters } from '../../studies/script/no-parameters.ts';
import type { ProposedStudy } from '../../studies/script/init-study.ts';
import { table } from '../display/table.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';

const COLUMNS = [
  { title: 'searched', align: 'left' },
  { title: 'default', align: 'right' },
  { title: 'range', align: 'left' },
] as const;

/** Names of a list that are shown; a Trainer has more than 100 options. */
const MOST_NAMES = 20;

interface Flags {
  readonly output: string;
  readonly config?: string;
  readonly python?: string;
  readonly json?: boolean;
}

/** @throws GalapagosError if the file exists, or the script shows no parameters */
export async function writeInitialStudy(
  context: Context,
  script: string,
  args: readonly string[],
  { output, config, python, json = false }: Flags,
): Promise<void> {
  const { cwd, env } = context.streams;
  const file = resolve(cwd, output);
  if (existsSync(file))
    throw new GalapagosError(
      'not-written',
      `${output} exists and is not overwritten: name another file with --output`,
      { file },
    );
  const path = resolve(cwd, script);
  const named = config === undefined ? undefined : resolve(cwd, config);
  const asked = { script: path, file, args, python, cwd, env, config: named };
  const proposed = await initStudy(asked).catch((error: unknown) => {
    throw error instanceof NoParameters ? nothingToSearch(error, script) : error;
  });
  writeAtomically(file, `${JSON.stringify(proposed.study, null, 2)}\n`);
  const { source, unknown, fixed, notes } = proposed;
  const searched = proposed.searched.map((each) => ({ ...each }));
  const document: InitOutput = {
    file,
    study: proposed.study,
    python: proposed.python.program,
    source,
    searched,
    unknown: [...unknown],
    fixed: [...fixed],
    notes: [...notes],
  };
  if (json) printJson(context, document);
  else print(context, linesOf(proposed, relative(cwd, file) || file));
}

/** The same script cannot be searched a second time either: exit code 2. */
function nothingToSearch({ message, advice, example }: NoParameters, script: string): UsageError {
  return new UsageError(
    [
      `${message.slice(0, message.indexOf(advice)).trim()} Nothing was written.`,
      '',
      `${advice}:`,
      ...example.map((line) => `  ${line}`),
      '',
      `Then run: galapagos python install && galapagos init ${script}`,
      'Or write the study file yourself: docs/scripts.md shows one for any program.',
    ].join('\n'),
  );
}

function linesOf(proposed: ProposedStudy, file: string): string[] {
  const { study, python, source, searched, unknown, fixed, notes } = proposed;
  const space = study['searchSpace'] as Readonly<Record<string, Distribution>>;
  const rows = searched.map((parameter) => [
    parameter.name,
    parameter.default === null ? '' : String(parameter.default),
    rangeText(space[parameter.name]),
  ]);
  return [
    `Wrote ${file}. Parameters: ${source}. Python: ${python.program}, ${python.origin}.`,
    '',
    ...table(COLUMNS, rows),
    ...(fixed.length === 0 ? [] : ['', `As in the script: ${shortened(fixed)}`]),
    ...(unknown.length === 0
      ? []
      : ['', `Not searched, as their meaning is unknown: ${shortened(unknown)}`]),
    ...(notes.length === 0 ? [] : ['', 'Please check:', ...notes.map((note) => `- ${note}`)]),
    '',
    `Nothing was started. To run it: galapagos run ${file}`,
  ];
}

/** Names of a list; of a long one the first ones, and how many there are besides. */
function shortened(names: readonly string[]): string {
  if (names.length <= MOST_NAMES + 4) return names.join(', ');
  const rest = String(names.length - MOST_NAMES);
  return `${names.slice(0, MOST_NAMES).join(', ')} and ${rest} more, which --json lists`;
}

function rangeText(range: Distribution | undefined): string {
  if (range === undefined) return '';
  const when =
    range.when === undefined
      ? ''
      : ` when ${Object.entries(range.when)
          .map(([parent, values]) => `${parent} = ${values.map(String).join(' or ')}`)
          .join(', ')}`;
  if (range.type === 'categorical') return `${range.choices.map(String).join(', ')}${when}`;
  const { low, high, log = false } = range;
  return `${String(low)} … ${String(high)}${log ? ' (logarithmic)' : ''}${when}`;
}
