/**
 * Finds the options of a script: the parser it imports, its `--help`, and defaults in its source.
 */
import { dirname, join } from 'node:path';
import { readText } from '../../runtime/read-text.ts';
import { runBounded } from '../../runtime/run-bounded.ts';
import { parseHelp } from './help-text.ts';
import type { HelpText, ScriptOption } from './help-text.ts';
import { importsIn, LONGEST_SOURCE } from '../../objectives/command/python/python-imports.ts';
import { callsIn, literal } from './python-source.ts';
import type { FoundPython } from '../../objectives/command/python/python.ts';
import type { ScriptCall } from './script-call.ts';
import { sourceOptions, withSource } from './source-options.ts';

interface AskedScript {
  /** Absolute path. */
  readonly script: string;
  /** Arguments by which the interpreter runs it in the folder, an absolute path. */
  readonly call: ScriptCall;
  readonly folder: string;
  /** Arguments that it needs, such as a subcommand. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the program that prints the help; the source is read then. */
  readonly signal?: AbortSignal | undefined;
}

/** Loading a framework takes many seconds on a slow disk. */
const HELP_MS = 60_000;
const LONGEST_HELP = 1 << 18;

/** Modules that parse a command line, and how they are called. */
const PARSERS: Readonly<Record<string, string>> = {
  argparse: 'argparse',
  click: 'click',
  typer: 'typer',
  tyro: 'tyro',
  jsonargparse: 'jsonargparse',
  hydra: 'Hydra',
  fire: 'fire',
  absl: 'absl',
  simple_parsing: 'simple-parsing',
  tap: 'tap',
};

/**
 * Reads the options of a script from its `--help`, or from its source where no help is to be had.
 */
export async function optionsOf(
  { script, call, folder, args, env, signal }: AskedScript,
  source: string,
  python: FoundPython,
): Promise<{ readonly help: HelpText; readonly from: string; readonly notes: readonly string[] }> {
  const declared = sourceOptions(source);
  const parser = parserOf(script, source);
  const none = { style: 'flags', options: declared, positional: [] } as const;
  if (parser === null && moduleDefaults(source).length > 0)
    return { help: none, from: 'galapagos.params, from its source', notes: [] };
  if (parser === null)
    return {
      help: none,
      from: 'its source',
      // A script that ignores its arguments would start to train.
      notes: ['the script imports nothing that parses options, so its --help was not run'],
    };
  const command = [python.program, ...call.arguments, ...args, '--help'];
  const { code, stdout, stderr, ended } = await runBounded(command, {
    cwd: folder,
    env: {
      ...env,
      COLUMNS: '100',
      NO_COLOR: '1',
      TERM: 'dumb',
      PYTHONIOENCODING: 'utf-8',
      PYTHONDONTWRITEBYTECODE: '1',
    },
    timeoutMs: HELP_MS,
    mostBytes: LONGEST_HELP,
    signal,
  });
  // fire and some versions of absl print help on stderr.
  const help = [stdout, stderr].map(parseHelp).find((each) => each.options.length > 0);
  if (help !== undefined)
    return {
      help: { ...help, options: withSource(help.options, declared) },
      from: `${parser}, from ${call.name} --help`,
      notes: [],
    };
  const why =
    ended === 'not-found'
      ? `there is no ${python.program}`
      : ended === 'timed-out'
        ? `it did not end within ${String(HELP_MS / 1000)} s`
        : ended === 'cancelled'
          ? 'it was cancelled'
          : code === 0
            ? (subcommandsIn(stdout) ?? 'it shows no options')
            : (lastLine(stderr) ?? `it ended with status ${String(code)}`);
  return {
    help: none,
    from: `${parser}, from its source`,
    notes: [
      `${command.join(' ')} could not be used: ${why}; the options were read from the source`,
    ],
  };
}

/** The module with which the script, or a module beside it that it imports, parses options. */
function parserOf(script: string, source: string): string | null {
  const imported = [...importsIn(source)];
  const beside = imported
    .map((name) => join(dirname(script), `${name}.py`))
    .flatMap((path) => readText(path, LONGEST_SOURCE) ?? []);
  for (const text of [source, ...beside]) {
    const name = [...importsIn(text)].find((each) => Object.hasOwn(PARSERS, each));
    if (name !== undefined) return PARSERS[name] ?? null;
    if (/\bLightningCLI\b/.test(text)) return 'LightningCLI';
    if (/\bHfArgumentParser\b/.test(text)) return 'HfArgumentParser';
  }
  return null;
}

/** Defaults that the script passes to `galapagos.params`. */
export function moduleDefaults(source: string): ScriptOption[] {
  return callsIn(source, /^(galapagos\.)?params$/).flatMap(({ named }) =>
    Object.entries(named).flatMap(([name, argument]): ScriptOption[] => {
      const value = literal(argument);
      if (value === undefined) return [];
      const isFloat = typeof value === 'number' && !Number.isInteger(value);
      const type = isFloat ? 'float' : typeof value === 'number' ? 'int' : 'text';
      return [{ name, flag: '', type, default: value, choices: [], takesValue: true, help: '' }];
    }),
  );
}

/** A clause that asks for a subcommand; null: the help of argparse shows none. */
function subcommandsIn(help: string): string | null {
  const names = /\{([\w-]+(?:,[\w-]+)*)\}\s+\.\.\./.exec(help)?.[1];
  return names === undefined
    ? null
    : `it has the subcommands ${names.replaceAll(',', ', ')}: name one after --`;
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}
