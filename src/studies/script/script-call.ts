/**
 * Determines how Python runs a script of a project: as a file, or with `-m` as a module where it
 * imports modules that Python finds only then.
 */
import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import {
  hasModule,
  importsIn,
  importsRelatively,
} from '../../objectives/command/python/python-imports.ts';

export interface ScriptCall {
  /** After the interpreter: the script's path, or `-m` and its module. */
  readonly arguments: readonly string[];
  /** The script with its arguments, as messages name it. */
  readonly name: string;
  readonly notes: readonly string[];
}

const IDENTIFIER = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * @param script absolute path
 * @param project absolute path of the folder in which the command will run
 */
export function scriptCall(script: string, source: string, project: string): ScriptCall {
  const path = relative(project, script).split(sep).join('/');
  const parts = path.replace(/\.py$/, '').split('/');
  const asFile = { arguments: [path], name: path, notes: [] };
  const beside = dirname(script);
  const needed = [...importsIn(source)].find(
    (name) => !hasModule(beside, name) && hasModule(project, name),
  );
  const isRelative = importsRelatively(source);
  if (!isRelative && needed === undefined) return asFile;
  if (parts.length < 2) {
    if (!isRelative) return asFile;
    const note = `${path} imports modules of its own package, which Python allows only with -m: run galapagos init in the folder above the package`;
    return { ...asFile, notes: [note] };
  }
  if (!parts.every((part) => IDENTIFIER.test(part))) return asFile;
  const module = parts.join('.');
  const why = isRelative ? 'it imports modules of its own package' : `it imports ${needed}`;
  return {
    arguments: ['-m', module],
    name: `python -m ${module}`,
    notes: [`the command runs the script as the module ${module}, because ${why}`],
  };
}

/** Absolute path of the folder that a script's package is in; the script's own if it has none. */
export function projectOf(script: string, source: string): string {
  let folder = dirname(script);
  if (importsRelatively(source))
    while (existsSync(join(folder, '__init__.py')) && dirname(folder) !== folder)
      folder = dirname(folder);
  return folder;
}
