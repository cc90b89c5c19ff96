/**
 * Edits of the command of a study that is being set up, and its line as a person types it. Pure.
 */
import {
  at,
  fixParameter,
  listOf,
  objectOf,
  put,
  removeParameter,
  renameParameter,
} from './study-edits.ts';
import type { Json, Study } from './study-edits.ts';

/** Placeholders that stand for every parameter. */
const ALL = ['{params:flags}', '{params:hydra}'];

export function runsCommand(study: Study): boolean {
  return at(study, 'objective', 'kind') === 'command';
}

export function commandOf(study: Study): readonly string[] {
  return listOf(at(study, 'objective', 'command')).map(String);
}

/** Writes arguments as one line; those with spaces or quotes are quoted. */
export function lineOf(args: readonly string[]): string {
  return args
    .map((arg) =>
      arg !== '' && !/[\s"']/.test(arg) ? arg : `"${arg.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
    )
    .join(' ');
}

/**
 * Splits a line into arguments: double quotes, in which a backslash precedes a quote or a
 * backslash, and single quotes keep spaces. A quote that is not closed ends with the line.
 */
export function argumentsOf(line: string): string[] {
  const found: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    const next = line.charAt(i + 1);
    if (quote === '' && /\s/.test(character)) {
      if (word !== null) found.push(word);
      word = null;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (character === quote) quote = '';
    else if (quote === '"' && character === '\\' && /["\\]/.test(next)) {
      word = `${word ?? ''}${next}`;
      i += 1;
    } else word = `${word ?? ''}${character}`;
  }
  return word === null ? found : [...found, word];
}

/** `renameParameter`, also for the placeholder of a command. */
export function renameSearched(study: Study, name: string, to: string): Study {
  const renamed = renameParameter(study, name, to);
  if (renamed === study) return study;
  return withCommand(renamed, (command) =>
    command.map((arg) => replaced(arg, name, () => `{${to}}`)),
  );
}

/** Returns the configuration file of a command; empty: it has none. */
export function configOf(study: Study): string {
  const file = at(study, 'objective', 'config', 'file');
  return typeof file === 'string' ? file : '';
}

/** Names the configuration file of a command; empty: it has none. */
export function setConfig(study: Study, file: string): Study {
  return file === ''
    ? put(study, ['objective', 'config'], undefined)
    : put(study, ['objective', 'config'], { ...objectOf(at(study, 'objective', 'config')), file });
}

/**
 * `fixParameter`, also for the placeholder of a command, which becomes the value, and for a value
 * of the configuration file.
 */
export function fixSearched(study: Study, name: string, value: Json): Study {
  const isPassed = commandOf(study).some((arg) => placeholdersIn(arg).includes(`{${name}}`));
  if (configOf(study) !== '' && !isPassed)
    return put(fixParameter(study, name, value), ['objective', 'config', 'set'], {
      ...objectOf(at(study, 'objective', 'config', 'set')),
      [name]: typeof value === 'string' ? braces(value) : value,
    });
  const text = braces(typeof value === 'string' ? value : JSON.stringify(value));
  return withCommand(fixParameter(study, name, value), (command) =>
    command.flatMap((arg) => {
      if (arg === '{params:flags}') return [`--${name}`, text, arg];
      if (arg === '{params:hydra}') return [`${name}=${text}`, arg];
      return [replaced(arg, name, () => text)];
    }),
  );
}

/** `removeParameter`, also for the argument of a command and the flag before it. */
export function removeSearched(study: Study, name: string): Study {
  return withCommand(removeParameter(study, name), (command) => {
    const own = `{${name}}`;
    return command.filter((arg, i) => {
      if (arg === own) return false;
      const isFlag = arg.startsWith('-') && !arg.includes('{');
      return (
        !(isFlag && command[i + 1] === own) && !(arg.startsWith('-') && arg.endsWith(`=${own}`))
      );
    });
  });
}

/** Adds a flag for a new parameter, unless the command passes every parameter, or a file does. */
export function addToCommand(study: Study, name: string): Study {
  if (configOf(study) !== '') return study;
  return withCommand(study, (command) =>
    command.some((arg) => ALL.includes(arg)) || command[command.indexOf('-m') + 1] === 'galapagos'
      ? [...command]
      : [...command, `--${name}`, `{${name}}`],
  );
}

function withCommand(study: Study, change: (command: readonly string[]) => string[]): Study {
  if (!runsCommand(study)) return study;
  const command = objectOf(study['objective'])['command'];
  if (!Array.isArray(command)) return study;
  return put(study, ['objective', 'command'], change(commandOf(study)));
}

/** Changes each placeholder of the name; doubled braces are text. */
function replaced(arg: string, name: string, change: (placeholder: string) => string): string {
  return arg.replaceAll(/\{\{|\}\}|\{[^{}]*\}/g, (found) =>
    found === `{${name}}` ? change(found) : found,
  );
}

function placeholdersIn(arg: string): readonly string[] {
  return arg.match(/\{\{|\}\}|\{[^{}]*\}/g) ?? [];
}

function braces(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&');
}
