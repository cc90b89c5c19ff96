/**
 * Looks at a training script and proposes a study file for it: the source, and where the script
 * parses options, its `--help`. Starts no training and writes nothing.
 */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, relative, sep } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import type { Distribution, SearchSpace } from '../../core/search-space/distribution.ts';
import { findPython } from '../../objectives/command/python/python.ts';
import type { FoundPython } from '../../objectives/command/python/python.ts';
import { readText } from '../../runtime/read-text.ts';
import type { HelpText, Literal, ScriptOption } from './help-text.ts';
import { keptArguments, keptNotes } from './kept-files.ts';
import { optunaScript } from './optuna-space.ts';
import type { OptunaScript } from './optuna-space.ts';
import { NoParameters } from './no-parameters.ts';
import { PARAMETER_NAME, countsEpochs, propose } from './propose.ts';
import {
  importsIn,
  LONGEST_SOURCE,
  ownModules,
} from '../../objectives/command/python/python-imports.ts';
import { rulesFor } from './result-rules.ts';
import { givenValue } from './script-arguments.ts';
import { scriptCall } from './script-call.ts';
import type { ScriptCall } from './script-call.ts';
import { scriptConfig, takesConfig } from './script-config.ts';
import type { ScriptConfig } from './script-config.ts';
import { moduleDefaults, optionsOf } from './script-options.ts';

export interface InitOptions {
  /** Absolute path of the script. */
  readonly script: string;
  /** Absolute path of the study file to be written; its folder is the project. */
  readonly file: string;
  /** Arguments that the script needs, such as a subcommand; they are kept in the command. */
  readonly args: readonly string[];
  readonly python: string | undefined;
  /** Absolute path of the configuration file that the script reads; absent: looked for. */
  readonly config?: string | undefined;
  /** Absolute path of the folder that a relative `python` starts from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the program that prints the help; the source is read then. */
  readonly signal?: AbortSignal | undefined;
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

/** Trials of a proposed study. */
const TRIALS = 64;

/** @throws GalapagosError `not-read`; NoParameters if the script shows none */
export async function initStudy(options: InitOptions): Promise<ProposedStudy> {
  const { script, file, args } = options;
  const source = sourceOf(script);
  const folder = dirname(file);
  const python = pythonFor(options);
  const program = programFor(python.program, folder);
  const path = relative(folder, script).split(sep).join('/');
  const call = scriptCall(script, source, folder);
  const optuna = optunaScript(source);
  const found =
    optuna === null
      ? await withOptions(options, source, python, call)
      : withOptuna(optuna, source, path, call);
  const given = found.config?.args ?? args.map(doubled);
  const command = [program, ...found.call, ...given, ...found.arguments];
  if (Object.keys(found.space).length === 0)
    throw new NoParameters(path, source, [...found.unknown, ...found.fixed], found.notes);
  const modules = (): string[] =>
    ownModules(command, script, folder).map((module) => module.source);
  const rules = rulesFor(source, modules, optuna, found.epochs, args);
  return {
    study: {
      format: 'galapagos-study/1',
      name: basename(script, extname(script)),
      objective: {
        kind: 'command',
        command,
        folder: '.',
        ...fieldOf(found.config),
        ...rules.objective,
      },
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
      ...keptNotes(source, found.places),
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
  readonly config: ScriptConfig | null;
  /** Arguments by which the interpreter runs the script. */
  readonly call: readonly string[];
  /** Arguments that pass the parameters. */
  readonly arguments: readonly string[];
  /** Options that name places of what the script writes. */
  readonly places: readonly ScriptOption[];
  readonly space: SearchSpace;
  readonly defaults: Readonly<Record<string, Literal | null>>;
  readonly source: string;
  readonly unknown: readonly string[];
  readonly fixed: readonly string[];
  /** Default of the option that counts epochs, or its value in `args`; undefined: unknown. */
  readonly epochs: number | undefined;
  readonly notes: readonly string[];
}

function withOptuna(optuna: OptunaScript, source: string, path: string, call: ScriptCall): Found {
  const usesModule = importsIn(source).has('galapagos');
  const named = optuna.objective === 'objective' ? path : `${path}:${optuna.objective}`;
  const several = optuna.directions.length > 1;
  return {
    config: null,
    call: usesModule ? call.arguments : ['-m', 'galapagos', named],
    arguments: [],
    places: [],
    space: optuna.space,
    defaults: {},
    source: 'Optuna, from its suggest calls',
    unknown: [],
    fixed: [],
    epochs: optuna.epochs,
    notes: [
      ...optuna.notes,
      ...(usesModule
        ? call.notes
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
  call: ScriptCall,
): Promise<Found> {
  const asked = { ...options, call, folder: dirname(options.file) };
  const { help, from, notes } = await optionsOf(asked, source, python);
  const given = new Set(options.args.map((arg) => arg.replace(/=.*$/, '')));
  const own = moduleDefaults(source);
  const config = scriptConfig({
    ...{ script: options.script, source, folder: asked.folder, args: options.args, help },
    named: options.config,
  });
  const all = [...help.options, ...own].filter(
    (option) => !given.has(option.flag) && !isLeftToConfig(option, config),
  );
  const counted = help.options.filter((option) => given.has(option.flag) && countsEpochs(option));
  const overridden = new Set(all.map(({ name }) => lastWord(name)));
  const ofFile = Object.entries(config?.space ?? {});
  const space: Record<string, Distribution> = Object.fromEntries(
    ofFile.filter(([name]) => !overridden.has(lastWord(name))),
  );
  const defaults: Record<string, Literal | null> = { ...config?.defaults };
  const flags: { flag: string; name: string }[] = [];
  const seeds: string[] = [];
  const places: ScriptOption[] = [];
  const unknown: string[] = [...(config?.unknown ?? [])];
  const fixed: string[] = [
    ...(config?.fixed ?? []),
    ...ofFile.flatMap(([name]) => (Object.hasOwn(space, name) ? [] : [name])),
  ];
  let epochs = epochsIn(options.args, counted) ?? config?.epochs;
  for (const option of all) {
    const made = propose(option);
    const isOwn = own.includes(option);
    if ('searched' in made && PARAMETER_NAME.test(option.name)) {
      space[option.name] = made.searched;
      defaults[option.name] = option.default ?? null;
      if (!isOwn) flags.push({ flag: option.flag, name: option.name });
    } else if ('seed' in made && !isOwn) {
      seeds.push(...(help.style === 'hydra' ? [`${option.flag}={seed}`] : [option.flag, '{seed}']));
    } else if ('kept' in made && !isOwn) places.push(option);
    else {
      if ('epochs' in made && typeof option.default === 'number') epochs = option.default;
      const isKnown = !('fixed' in made) || made.known;
      if (option.name !== '') (isKnown ? fixed : unknown).push(option.name);
    }
  }
  const isPassed = config?.passing.length === 1;
  const needed = help.positional.filter(
    (name) => options.args.length === 0 && !(isPassed && takesConfig(name)),
  );
  return {
    config,
    call: call.arguments,
    arguments: [
      ...(config?.passing ?? []),
      ...seeds,
      ...keptArguments(help.style, places),
      ...argumentsOf(help.style, flags, config !== null),
      ...needed.map((name) => name.toUpperCase()),
    ],
    places: [...places, ...(config?.places ?? [])],
    space,
    defaults,
    source: sourceText(from, config, flags.length + own.length),
    unknown: [...new Set(unknown)],
    fixed: [...new Set(fixed)],
    epochs,
    notes: [
      ...call.notes,
      // The note says that there are no options to read.
      ...(config !== null && from === 'its source' ? [] : notes),
      ...(config?.notes ?? []),
      ...needed.map(
        (name) =>
          `the script needs the argument ${name}: replace ${name.toUpperCase()} at the end of the command`,
      ),
    ],
  };
}

/** The field of the objective; empty: the script reads no file. */
function fieldOf(config: ScriptConfig | null): { readonly config?: object } {
  if (config === null) return {};
  const { file, set } = config;
  return { config: { file, ...(Object.keys(set).length === 0 ? {} : { set }) } };
}

/**
 * True for options that a script with a configuration file overrides its values with, or names it.
 */
function isLeftToConfig(option: ScriptOption, config: ScriptConfig | null): boolean {
  if (config === null) return false;
  return takesConfig(option.name) || option.default === undefined || option.default === null;
}

/** `optimizer.weight_decay` → `weight-decay`, as an option that overrides it is called. */
function lastWord(name: string): string {
  return (name.split('.').at(-1) ?? name).replaceAll('_', '-').toLowerCase();
}

function sourceText(from: string, config: ScriptConfig | null, options: number): string {
  if (config === null) return from;
  return options === 0
    ? `the values of ${config.file}`
    : `the values of ${config.file}, and ${from}`;
}

/** Number of epochs that the arguments give; undefined: none. */
function epochsIn(args: readonly string[], options: readonly ScriptOption[]): number | undefined {
  const [count] = options.map(({ flag }) => Number(givenValue(args, flag) ?? 'NaN'));
  return count !== undefined && Number.isSafeInteger(count) && count > 0 ? count : undefined;
}

function argumentsOf(
  style: HelpText['style'],
  flags: readonly { readonly flag: string; readonly name: string }[],
  hasConfig: boolean,
): string[] {
  if (flags.length === 0) return [];
  // {params:flags} would pass the values of the file as well.
  if (hasConfig) return flags.flatMap(({ flag, name }) => [flag, `{${name}}`]);
  if (style === 'hydra') return ['{params:hydra}'];
  if (flags.every(({ flag, name }) => flag === `--${name}`)) return ['{params:flags}'];
  return flags.flatMap(({ flag, name }) => [flag, `{${name}}`]);
}

export function sourceOf(script: string): string {
  if (extname(script) === '.ipynb')
    throw notRead(
      script,
      `expected a Python script (.py), found the notebook ${basename(script)}: jupyter nbconvert --to script ${basename(script)} writes its cells to one`,
    );
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
