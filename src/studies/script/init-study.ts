/**
 * Looks at a training script and proposes a study file for it: the source, and where the script
 * parses options, its `--help`. Starts no training and writes nothing.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, sep } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import type { Distribution, SearchSpace } from '../../core/search-space/distribution.ts';
import { readText } from '../../runtime/read-text.ts';
import { runBounded } from '../../runtime/run-bounded.ts';
import { parseHelp } from './help-text.ts';
import type { HelpText, Literal, ScriptOption } from './help-text.ts';
import { optunaScript } from './optuna-space.ts';
import type { OptunaScript } from './optuna-space.ts';
import { printedValues } from './printed-values.ts';
import { propose } from './propose.ts';
import { callsIn, importsIn, literal } from './python-source.ts';
import { findPython } from './python.ts';
import type { FoundPython } from './python.ts';
import { repetitionsAt } from './source-blocks.ts';
import { sourceOptions, withSource } from './source-options.ts';

export interface InitOptions {
  /** Absolute path of the script. */
  readonly script: string;
  /** Absolute path of the study file to be written; its folder is the project. */
  readonly file: string;
  /** Arguments that the script needs, such as a subcommand; they are kept in the command. */
  readonly args: readonly string[];
  readonly python: string | undefined;
  /** Absolute path of the folder that a relative `python` starts from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ProposedStudy {
  /** The study file's content. */
  readonly study: Readonly<Record<string, unknown>>;
  readonly python: FoundPython;
  /** Source of the parameters, as a phrase: `argparse, from train.py --help`. */
  readonly source: string;
  readonly searched: readonly { readonly name: string; readonly default: Literal | null }[];
  /** Options that stay as they are although their meaning is unknown. */
  readonly unknown: readonly string[];
  /** Options that stay as they are on purpose. */
  readonly fixed: readonly string[];
  /** Uncertain and missing findings, one sentence each. */
  readonly notes: readonly string[];
}

/** Longest source that is read, in bytes. */
const LONGEST_SOURCE = 1 << 20;
/** Loading a framework takes many seconds on a slow disk. */
const HELP_MS = 60_000;
const LONGEST_HELP = 1 << 18;
/** Trials of a proposed study. */
const TRIALS = 64;

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

const PARAMETER_NAME = /^[\p{L}_][\p{L}\p{N}_.-]{0,127}$/u;

/** @throws GalapagosError `not-read`, or `unsupported` if the script shows no parameters */
export async function initStudy(options: InitOptions): Promise<ProposedStudy> {
  const { script, file, args } = options;
  const source = sourceOf(script);
  const folder = dirname(file);
  const python = pythonFor(options);
  const program = programFor(python.program, folder);
  const path = relative(folder, script).split(sep).join('/');
  const optuna = optunaScript(source);
  const found =
    optuna === null
      ? await withOptions(options, source, python)
      : withOptuna(optuna, source, program, path, args);
  const command =
    'command' in found ? found.command : [program, path, ...args.map(doubled), ...found.arguments];
  if (Object.keys(found.space).length === 0) throw noParameters(path, found);
  const rules = rulesFor(source, optuna, found.epochs);
  return {
    study: {
      format: 'galapagos-study/1',
      name: basename(script, extname(script)),
      objective: { kind: 'command', command, folder: '.', ...rules.objective },
      direction: rules.direction,
      searchSpace: found.space,
      sampler: { name: 'auto' },
      stop: { trials: TRIALS },
      seed: 1,
    },
    python,
    source: found.source,
    searched: Object.keys(found.space).map((name) => ({
      name,
      default: found.defaults[name] ?? null,
    })),
    unknown: found.unknown,
    fixed: found.fixed,
    notes: [
      ...(python.note === null ? [] : [python.note]),
      ...found.notes,
      ...rules.notes,
      ...(program.includes('/') && !program.startsWith('.')
        ? [`the command names ${program}, which other machines may not have at this path`]
        : []),
    ],
  };
}

function pythonFor({ script, python: named, cwd, env }: InitOptions): FoundPython {
  if (named === undefined) return findPython({ folder: dirname(script), env });
  const found = findPython({ folder: cwd, env }, named);
  if (isAbsolute(found.program) && !existsSync(found.program))
    throw new GalapagosError('program-failed', `there is no Python at ${found.program}`, {
      command: found.program,
    });
  return found;
}

interface Found {
  readonly space: SearchSpace;
  readonly defaults: Readonly<Record<string, Literal | null>>;
  readonly source: string;
  readonly unknown: readonly string[];
  readonly fixed: readonly string[];
  /** Default of the option that counts epochs; undefined: unknown. */
  readonly epochs: number | undefined;
  readonly notes: readonly string[];
}

function withOptuna(
  optuna: OptunaScript,
  source: string,
  program: string,
  path: string,
  args: readonly string[],
): Found & { readonly command: readonly string[] } {
  const usesModule = importsIn(source).has('galapagos');
  const named = optuna.objective === 'objective' ? path : `${path}:${optuna.objective}`;
  const several = optuna.directions.length > 1;
  return {
    command: [
      program,
      ...(usesModule ? [] : ['-m', 'galapagos']),
      usesModule ? path : named,
      ...args.map(doubled),
    ],
    space: optuna.space,
    defaults: {},
    source: 'Optuna, from its suggest calls',
    unknown: [],
    fixed: [],
    epochs: optuna.epochs,
    notes: [
      ...optuna.notes,
      ...(usesModule
        ? []
        : [
            'the command needs the module galapagos in that environment: run galapagos python install',
          ]),
      ...(several
        ? [
            'the objective returns several values: name them with galapagos.optimize(objective, metrics=[…]) in the script and "objectives" in the study file',
          ]
        : []),
    ],
  };
}

/** Options of the command line, or defaults that the script passes to `galapagos.params`. */
async function withOptions(
  options: InitOptions,
  source: string,
  python: FoundPython,
): Promise<Found & { readonly arguments: readonly string[] }> {
  const { help, from, notes } = await optionsOf(options, source, python);
  const given = new Set(options.args.map((arg) => arg.replace(/=.*$/, '')));
  const own = moduleDefaults(source);
  const all = [...help.options, ...own].filter(({ flag }) => !given.has(flag));
  const space: Record<string, Distribution> = {};
  const defaults: Record<string, Literal | null> = {};
  const flags: { flag: string; name: string }[] = [];
  const seeds: string[] = [];
  const unknown: string[] = [];
  const fixed: string[] = [];
  let epochs: number | undefined;
  for (const option of all) {
    const made = propose(option);
    const isOwn = own.includes(option);
    if ('searched' in made && PARAMETER_NAME.test(option.name)) {
      space[option.name] = made.searched;
      defaults[option.name] = option.default ?? null;
      if (!isOwn) flags.push({ flag: option.flag, name: option.name });
    } else if ('seed' in made && !isOwn) {
      seeds.push(...(help.style === 'hydra' ? [`${option.flag}={seed}`] : [option.flag, '{seed}']));
    } else {
      if ('epochs' in made && typeof option.default === 'number') epochs = option.default;
      const isKnown = !('fixed' in made) || made.known;
      if (option.name !== '') (isKnown ? fixed : unknown).push(option.name);
    }
  }
  const needed = help.positional.filter(() => options.args.length === 0);
  return {
    arguments: [
      ...seeds,
      ...argumentsOf(help.style, flags),
      ...needed.map((name) => name.toUpperCase()),
    ],
    space,
    defaults,
    source: from,
    unknown,
    fixed,
    epochs,
    notes: [
      ...notes,
      ...needed.map(
        (name) =>
          `the script needs the argument ${name}: replace ${name.toUpperCase()} at the end of the command`,
      ),
    ],
  };
}

function argumentsOf(
  style: HelpText['style'],
  flags: readonly { readonly flag: string; readonly name: string }[],
): string[] {
  if (flags.length === 0) return [];
  if (style === 'hydra') return ['{params:hydra}'];
  if (flags.every(({ flag, name }) => flag === `--${name}`)) return ['{params:flags}'];
  return flags.flatMap(({ flag, name }) => [flag, `{${name}}`]);
}

async function optionsOf(
  { script, args, env }: InitOptions,
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
  const command = [python.program, basename(script), ...args, '--help'];
  const { code, stdout, stderr, ended } = await runBounded(command, {
    cwd: dirname(script),
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
  });
  // fire and some versions of absl print help on stderr.
  const help = [stdout, stderr].map(parseHelp).find((each) => each.options.length > 0);
  if (help !== undefined)
    return {
      help: { ...help, options: withSource(help.options, declared) },
      from: `${parser}, from ${basename(script)} --help`,
      notes: [],
    };
  const why =
    ended === 'not-found'
      ? `there is no ${python.program}`
      : ended === 'timed-out'
        ? `it did not end within ${String(HELP_MS / 1000)} s`
        : code === 0
          ? 'it shows no options'
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
function moduleDefaults(source: string): ScriptOption[] {
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

interface Rules {
  readonly objective: Readonly<Record<string, unknown>>;
  readonly direction: 'minimize' | 'maximize';
  readonly notes: readonly string[];
}

/** Rules that find the result, the reports, and the direction. */
function rulesFor(source: string, optuna: OptunaScript | null, epochs: number | undefined): Rules {
  if (optuna !== null)
    return {
      objective: optuna.reports && optuna.epochs !== undefined ? { epochs: optuna.epochs } : {},
      direction: optuna.directions[0] ?? 'minimize',
      notes:
        optuna.reports && optuna.epochs === undefined
          ? [
              'the number of reports of a trial is unknown: add "epochs" to the objective, so that trials can be pruned',
            ]
          : [],
    };
  const [best, ...others] = printedValues(source);
  const reports = callsIn(source, /^galapagos\.report$/)[0];
  const isReported = callsIn(source, /^galapagos\.(finish|optimize|run|\w+_callback)$/).length > 0;
  if (isReported || reports !== undefined) {
    const count = reports === undefined ? epochs : (repetitionsAt(source, reports.at) ?? epochs);
    return {
      objective: count === undefined ? {} : { epochs: count },
      direction: best?.direction ?? 'maximize',
      notes: [`direction: ${best?.direction ?? 'maximize'} is a guess; the script does not say it`],
    };
  }
  if (best === undefined)
    return {
      objective: { result: { stdout: 'accuracy=([-+.0-9eE]+)' } },
      direction: 'maximize',
      notes: [
        'what the script prints as its result is unknown: correct "result" and "direction", or call galapagos.finish(value)',
      ],
    };
  const also = others.map(({ words }) => words).filter((words) => words !== best.words);
  return {
    objective: {
      result: { stdout: best.pattern },
      ...(best.perEpoch || epochs !== undefined ? { reports: { stdout: best.pattern } } : {}),
      ...(epochs === undefined ? {} : { epochs }),
    },
    direction: best.direction,
    notes: [
      `result: the last "${best.words}" that the script prints is to ${best.direction}, a guess from its print calls${
        also.length === 0 ? '' : `; it also prints ${[...new Set(also)].join(', ')}`
      }`,
    ],
  };
}

function sourceOf(script: string): string {
  if (extname(script) !== '.py')
    throw notRead(script, `expected a Python script (.py), found ${basename(script)}`);
  if (!existsSync(script)) throw notRead(script, `there is no file ${script}`);
  if (!statSync(script).isFile()) throw notRead(script, `${script} is not a file`);
  if (statSync(script).size > LONGEST_SOURCE)
    throw notRead(script, `${script} has more than ${String(LONGEST_SOURCE >> 20)} MiB`);
  const source = readText(script, LONGEST_SOURCE);
  if (source === null) throw notRead(script, `cannot read ${script}`);
  return source.replaceAll('\r\n', '\n');
}

function notRead(file: string, message: string): GalapagosError {
  return new GalapagosError('not-read', message, { file });
}

function noParameters(path: string, { unknown, fixed, notes }: Found): GalapagosError {
  const seen = [...unknown, ...fixed];
  const shown =
    seen.length === 0
      ? 'shows no options'
      : `has options, but none that is usually searched: ${seen.slice(0, 20).join(', ')}`;
  return new GalapagosError(
    'unsupported',
    `${path} ${shown}. ${notes.map((note) => `${note}. `).join('')}Read its parameters with argparse or galapagos.params(learningRate=0.1), or write the study file yourself`,
    { found: seen.join(', ') },
  );
}

/** The interpreter as the command names it: relative if it is in the project. */
function programFor(program: string, folder: string): string {
  const inside = relative(folder, program);
  const isInside = program.includes(sep) && !inside.startsWith('..');
  return doubled(isInside ? `./${inside.split(sep).join('/')}` : program);
}

/** Braces of a command stand for placeholders unless they are doubled. */
function doubled(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&');
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}
