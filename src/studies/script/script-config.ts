/**
 * Finds the configuration file that a script reads, and proposes a search space from its values, as
 * `propose.ts` does for options.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import type { Distribution } from '../../core/search-space/distribution.ts';
import { ConfigError } from '../../objectives/command/config/config-entry.ts';
import type { ConfigEntry } from '../../objectives/command/config/config-entry.ts';
import {
  CONFIG_ENDINGS,
  entriesOf,
  isConfigPath,
} from '../../objectives/command/config/config-text.ts';
import { readConfig } from '../../objectives/command/config/trial-config.ts';
import type { HelpText, Literal, ScriptOption } from './help-text.ts';
import { keptPlace } from './kept-files.ts';
import { PARAMETER_NAME, propose } from './propose.ts';

/** Names of options and arguments that take a configuration file. */
const CONFIG_NAME =
  /^(config|cfg|conf|configuration|hparams|hyper_?params|params|settings)([-_.]?(file|path|filename|yaml|json|name))?$/i;

/** Names of files that are tried where an option takes one and names none. */
const USUAL_FILES = [
  'config',
  'cfg',
  'conf',
  'params',
  'hparams',
  'settings',
  'default',
  'train',
].flatMap((name) =>
  ['', 'config/', 'configs/', 'conf/', 'cfg/'].flatMap((folder) =>
    CONFIG_ENDINGS.map((ending) => `${folder}${name}${ending}`),
  ),
);

export interface ScriptConfig {
  /** Path relative to the working folder, with "/" between names. */
  readonly file: string;
  /** The script's own arguments, with the placeholder of the file for its path. */
  readonly args: readonly string[];
  /** Further arguments that pass the file; empty where `args` do, or the script opens it itself. */
  readonly passing: readonly string[];
  readonly space: Readonly<Record<string, Distribution>>;
  readonly defaults: Readonly<Record<string, Literal>>;
  readonly set: Readonly<Record<string, string>>;
  /** Values that name places of what the script writes. */
  readonly places: readonly ScriptOption[];
  readonly unknown: readonly string[];
  readonly fixed: readonly string[];
  /** Undefined: the file states none. */
  readonly epochs: number | undefined;
  readonly notes: readonly string[];
}

interface Asked {
  /** Absolute path of the script. */
  readonly script: string;
  readonly source: string;
  /** Absolute path of the working folder. */
  readonly folder: string;
  readonly args: readonly string[];
  readonly help: HelpText;
  /** Absolute path of the file that a person named; undefined: none. */
  readonly named: string | undefined;
}

/** A file, and how the script gets it. */
type Found = Pick<ScriptConfig, 'file' | 'args' | 'passing' | 'notes'>;

/**
 * Null: the script reads no such file.
 * @throws GalapagosError `not-read` where the named file is not in the working folder, or
 *   unreadable
 */
export function scriptConfig(asked: Asked): ScriptConfig | null {
  const { folder, named, help } = asked;
  if (named !== undefined) {
    const file = insideOf(folder, named);
    if (file === null || !isConfigPath(named))
      throw notRead(
        named,
        isConfigPath(named)
          ? `expected a file in ${folder}, the folder of the study file, found ${named}`
          : `expected a file that ends with ${CONFIG_ENDINGS.join(', ')}, found ${named}`,
      );
    return withValuesOf(asked, passedAs(asked, file));
  }
  // Its own overrides are better: they are checked, and written into its logs.
  if (help.style === 'hydra') return null;
  const given = inArguments(asked);
  if (given !== null) {
    if (given.isNamed) return withValuesOf(asked, given.found);
    // A file without values to search is another input of the script.
    const made = triedValues(asked, given.found);
    return made === null || Object.keys(made.space).length === 0 ? null : made;
  }
  const found = byOption(asked);
  try {
    return found === null ? openedInSource(asked) : withValuesOf(asked, found);
  } catch (error) {
    // A file that the user did not name may be of another kind.
    if (error instanceof GalapagosError) return null;
    throw error;
  }
}

/** Returns whether an option or argument of this name takes a configuration file. */
export function takesConfig(name: string): boolean {
  return CONFIG_NAME.test(name);
}

/** @returns `isNamed`: an option says that the file is a configuration */
function inArguments({
  folder,
  args,
}: Asked): { readonly found: Found; readonly isNamed: boolean } | null {
  const at = args.findIndex((arg, i) => {
    const before = args[i - 1] ?? '';
    const flag = /^--?([^=]+)=(.+)$/.exec(arg);
    const isNamed = flag === null ? !before.startsWith('-') || isFlag(before) : isFlag(arg);
    return isNamed && isFile(folder, flag?.[2] ?? arg);
  });
  const arg = args[at];
  if (arg === undefined) return null;
  const path = arg.replace(/^--?[^=]+=/, '');
  const file = insideOf(folder, resolve(folder, path));
  if (file === null) return null;
  const passed = `${doubled(arg.slice(0, arg.length - path.length))}{config}`;
  const others = args.map(doubled);
  const found = { file, args: others.with(at, passed), passing: [], notes: [] };
  return { found, isNamed: isFlag(arg) || isFlag(args[at - 1] ?? '') };
}

function byOption(asked: Asked): Found | null {
  const { folder } = asked;
  const option = optionFor(asked);
  if (option === undefined) return null;
  if (typeof option.default === 'string') {
    const isThere = isFile(folder, option.default);
    const file = isThere ? insideOf(folder, resolve(folder, option.default)) : null;
    return file === null ? null : passedAs(asked, file);
  }
  const files = USUAL_FILES.filter((file) => existsSync(join(folder, file)));
  const [file] = files;
  if (file === undefined) return null;
  const more = files.length > 1 ? `, of ${files.join(', ')}` : '';
  return {
    ...passedAs(asked, file),
    notes: [
      `the script names no file for ${option.flag}: ${file} is used${more}; --config names another`,
    ],
  };
}

/**
 * The file that the source names as a text and that has values to search; null: none, or several.
 */
function openedInSource(asked: Asked): ScriptConfig | null {
  const { script, folder, source } = asked;
  const named = [...source.matchAll(/(["'])([^"'\n]{1,200}\.(?:ya?ml|json|toml))\1/gi)].map(
    (match) => match[2] ?? '',
  );
  const files = new Set(
    named.flatMap((name) => {
      const places = [folder, dirname(script)].map((from) => resolve(from, name));
      const there = places.find((path) => existsSync(path));
      return there === undefined ? [] : (insideOf(folder, there) ?? []);
    }),
  );
  const found = [...files].flatMap((file) => {
    const made = triedValues(asked, passedAs(asked, file));
    return made !== null && Object.keys(made.space).length > 0 ? [made] : [];
  });
  const [only] = found;
  return found.length === 1 && only !== undefined ? only : null;
}

function triedValues(asked: Asked, found: Found): ScriptConfig | null {
  try {
    return withValuesOf(asked, found);
  } catch {
    return null;
  }
}

/** How the script gets a file: by an option, an argument, its name in the source, or `--config`. */
function passedAs(asked: Asked, file: string): Found {
  const { help, args, source } = asked;
  const found = { file, args: args.map(doubled), notes: [] };
  const option = optionFor(asked);
  if (option !== undefined) return { ...found, passing: [option.flag, '{config}'] };
  if (args.length === 0 && help.positional.some(takesConfig))
    return { ...found, passing: ['{config}'] };
  const name = file.slice(file.lastIndexOf('/') + 1);
  if (source.includes(name))
    return {
      ...found,
      passing: [],
      notes: [
        `the script opens ${file} itself: trials find it there with their values, in their copy of the project folder`,
      ],
    };
  return {
    ...found,
    passing: ['--config', '{config}'],
    notes: [
      `the script shows no option for ${file}: the command passes it as --config, correct that where it is wrong`,
    ],
  };
}

/** The option that takes the file; of a script that reads `sys.argv`, as its source names it. */
function optionFor({ help, source }: Asked): Pick<ScriptOption, 'flag' | 'default'> | undefined {
  const shown = help.options.find(({ name, takesValue }) => takesValue && takesConfig(name));
  if (shown !== undefined) return shown;
  const flags = source.matchAll(/(["'])(--?[A-Za-z][\w-]*)=?\1/g);
  const flag = [...flags].map((match) => match[2] ?? '').find(isFlag);
  return flag === undefined ? undefined : { flag };
}

function withValuesOf({ folder }: Asked, found: Found): ScriptConfig {
  const path = join(folder, found.file);
  let entries: ReadonlyMap<string, ConfigEntry>;
  try {
    entries = entriesOf(found.file, readConfig(path));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw notRead(path, `${found.file}: expected a file that parses, found ${error.message}`);
  }
  const space: Record<string, Distribution> = {};
  const defaults: Record<string, Literal> = {};
  const seeds: Record<string, string> = {};
  const places: ScriptOption[] = [];
  const unknown: string[] = [];
  const fixed: string[] = [];
  let epochs: number | undefined;
  for (const entry of entries.values()) {
    const option = optionOf(entry);
    if (option === null) continue;
    const made = proposeValue(option);
    if ('searched' in made && PARAMETER_NAME.test(entry.name)) {
      space[entry.name] = made.searched;
      defaults[entry.name] = entry.value;
    } else if ('seed' in made) seeds[entry.name] = '{seed}';
    else if ('kept' in made) places.push(option);
    else if ('epochs' in made && Number.isSafeInteger(entry.value)) {
      epochs = Number(entry.value);
      fixed.push(entry.name);
    } else ('fixed' in made && !made.known ? unknown : fixed).push(entry.name);
  }
  const kept = places.map((place) => [place.name, keptPlace(place, places.length > 1)] as const);
  return {
    ...found,
    space,
    defaults,
    set: { ...seeds, ...Object.fromEntries(kept) },
    places,
    unknown,
    fixed,
    epochs,
  };
}

/** A value as an option of a script; null: it is no single value. */
function optionOf({ name, kind, value, source }: ConfigEntry): ScriptOption | null {
  if (kind === 'group' || kind === 'other' || kind === 'nothing') return null;
  const type = kind === 'number' ? (/[.eE]/.test(source) ? 'float' : 'int') : kind;
  const takesValue = kind !== 'boolean';
  const as = type === 'boolean' ? 'bool' : type;
  return { name, flag: '', type: as, default: value, choices: [], takesValue, help: '' };
}

/** A proposal by the whole name, or of seeds, epochs and places by its last part. */
function proposeValue(option: ScriptOption): ReturnType<typeof propose> {
  const whole = propose(option);
  if (!('fixed' in whole)) return whole;
  const last = propose({ ...option, name: option.name.split('.').at(-1) ?? '' });
  return 'searched' in last || 'fixed' in last ? whole : last;
}

function isFlag(arg: string): boolean {
  return arg.startsWith('-') && takesConfig(arg.replace(/^--?/, '').replace(/=.*$/, ''));
}

function isFile(folder: string, path: string): boolean {
  return isConfigPath(path) && existsSync(resolve(folder, path));
}

/** Path relative to a folder, with "/" between names; null: it is not in it. */
function insideOf(folder: string, path: string): string | null {
  const inside = relative(folder, path).split(sep).join('/');
  return inside.startsWith('..') || resolve(folder, inside) !== path ? null : inside;
}

function notRead(file: string, message: string): GalapagosError {
  return new GalapagosError('not-read', message, { file });
}

function doubled(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&');
}
