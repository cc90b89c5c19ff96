/**
 * Placeholders of a command: parses its arguments, fills them in for a trial, and words the command
 * line for a person to copy. Knows no files and starts nothing.
 */
import type { ParamValue, Params } from '../../core/search-space/distribution.ts';
import { shellWord } from '../../runtime/shell-word.ts';

/** A part of an argument: text, or the name of a placeholder. */
export type Part = { readonly text: string } | { readonly placeholder: string };

/** Values of a trial that are not parameters. */
export interface TrialFacts {
  readonly seed: number;
  readonly trial: number;
  /** Absolute path of the folder of the attempt. */
  readonly trialDir: string;
  /** Absolute path of the folder that outlives attempts. */
  readonly checkpointDir: string;
  /** Path of the trial's configuration file; absent: it has none. */
  readonly config?: string | undefined;
}

/** Placeholders that stand for every parameter, each for several arguments. */
export const ALL_PARAMETERS = ['params:flags', 'params:hydra'] as const;
/** Placeholders of a trial that are not parameters. */
export const FACTS = ['seed', 'trial', 'trialDir', 'checkpointDir', 'config'] as const;

/**
 * Splits an argument into texts and placeholders.
 * @returns null: a brace is neither doubled nor part of a placeholder
 */
export function parseArgument(argument: string): readonly Part[] | null {
  const parts: Part[] = [];
  let text = '';
  for (let at = 0; at < argument.length; at++) {
    const character = argument.charAt(at);
    if (character !== '{' && character !== '}') {
      text += character;
    } else if (argument.charAt(at + 1) === character) {
      text += character;
      at += 1;
    } else {
      const end = character === '{' ? argument.indexOf('}', at) : -1;
      const name = argument.slice(at + 1, end);
      if (end < 0 || name === '' || name.includes('{')) return null;
      if (text !== '') parts.push({ text });
      text = '';
      parts.push({ placeholder: name });
      at = end;
    }
  }
  return text === '' ? parts : [...parts, { text }];
}

/** Returns whether the command runs a script through the Python module, which reads parameters. */
export function runsPythonModule(command: readonly string[]): boolean {
  const at = command.indexOf('-m');
  return at > 0 && command[at + 1] === 'galapagos';
}

/** Names of the placeholders of arguments that parse. */
export function placeholdersOf(command: readonly string[]): ReadonlySet<string> {
  const names = command.flatMap((argument) =>
    (parseArgument(argument) ?? []).flatMap((part) =>
      'placeholder' in part ? [part.placeholder] : [],
    ),
  );
  return new Set(names);
}

/**
 * Fills in a command. A parameter takes precedence over a fact of its name; an inactive parameter
 * is absent from placeholders for all parameters.
 * @throws Error if an argument has a placeholder without a value
 */
export function fillIn(command: readonly string[], params: Params, facts: TrialFacts): string[] {
  return command.flatMap((argument) => {
    const parts = parseArgument(argument);
    if (parts === null) throw new Error(`${argument}: a brace that is no placeholder`);
    const [only] = parts;
    if (parts.length === 1 && only !== undefined && 'placeholder' in only) {
      if (only.placeholder === 'params:flags') return flags(params);
      if (only.placeholder === 'params:hydra') return hydra(params);
    }
    return [
      parts
        .map((part) => ('text' in part ? part.text : valueOf(part.placeholder, params, facts)))
        .join(''),
    ];
  });
}

/**
 * Fills in a text. One that is a single placeholder is the value itself, such as the number of
 * `{seed}`.
 */
export function fillInValue(template: string, params: Params, facts: TrialFacts): ParamValue {
  const [only, ...rest] = parseArgument(template) ?? [];
  if (only !== undefined && rest.length === 0 && 'placeholder' in only) {
    const { placeholder } = only;
    if (Object.hasOwn(params, placeholder)) return params[placeholder] ?? null;
    if (placeholder === 'seed' || placeholder === 'trial') return facts[placeholder];
  }
  return fillIn([template], params, facts).join('');
}

/** Text of a value: numbers and words as JSON has them, texts without quotes. */
export function valueText(value: ParamValue): string {
  return String(value);
}

function valueOf(name: string, params: Params, facts: TrialFacts): string {
  if (Object.hasOwn(params, name)) return valueText(params[name] ?? null);
  const fact = FACTS.find((each) => each === name);
  const value = fact === undefined ? undefined : facts[fact];
  if (value === undefined) throw new Error(`{${name}} has no value in this trial`);
  return String(value);
}

function flags(params: Params): string[] {
  return Object.entries(params).flatMap(([name, value]) => [`--${name}`, valueText(value)]);
}

/** Characters of texts that Hydra's override grammar takes without quotes. */
const PLAIN_IN_HYDRA = /^[\p{L}\p{N}_./%@?|+-]+$/u;

function hydra(params: Params): string[] {
  return Object.entries(params).map(([name, value]) => {
    const text = valueText(value);
    const quoted =
      typeof value !== 'string' || PLAIN_IN_HYDRA.test(text)
        ? text
        : `'${text.replaceAll(/\\(?=\\*('|$))/g, '\\\\').replaceAll("'", "\\'")}'`;
    return `${name}=${quoted}`;
  });
}

/**
 * Returns the command line as a person pastes it into a shell.
 * @param platform `win32`: quoted as the C runtime of Windows parses it, else for POSIX shells
 */
export function commandLine(
  command: readonly string[],
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === 'win32') return command.map(windowsWord).join(' ');
  const [program = '', ...args] = command.map(shellWord);
  // Without quotes, a shell reads it as an assignment, or as a word of its own such as `if`.
  const isOdd = /^\w+\+?=/.test(program) || RESERVED_WORDS.has(program);
  return [isOdd ? `'${program}'` : program, ...args].join(' ');
}

/** Words that `sh` or `bash` reads as syntax at the beginning of a command. */
const RESERVED_WORDS: ReadonlySet<string> = new Set(
  'case coproc do done elif else esac fi for function if in select then time until while'.split(
    ' ',
  ),
);

function windowsWord(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word;
  const escaped = word.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1');
  return `"${escaped}"`;
}
