/** Carries out `galapagos python`. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import type { PythonInstallOutput, PythonPathOutput } from '../../protocol/script-output.ts';
import { findPython } from '../../objectives/command/python/python.ts';
import { askPython } from '../../studies/script/python.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';

/** First words of the module, by which a file of that name is known to be ours. */
const OURS = '"""Client of Galapagos';

export function printFolder(context: Context, json: boolean): void {
  const output: PythonPathOutput = { folder: folderOf(context), file: fileOf(context) };
  if (json) printJson(context, output);
  else print(context, [output.folder]);
}

/**
 * Copies the module into the site-packages folder of a Python.
 * @param named interpreter or environment; undefined: the one of the current folder
 * @throws GalapagosError `program-failed`, `unsupported`, `not-written`
 */
export async function installModule(
  context: Context,
  named: string | undefined,
  json: boolean,
): Promise<void> {
  const { cwd, env } = context.streams;
  const found = findPython({ folder: cwd, env }, named);
  const { executable, version, packages } = await askPython(found, env);
  const file = join(packages, 'galapagos.py');
  const state = copy(readFileSync(fileOf(context), 'utf8'), packages, file);
  const output: PythonInstallOutput = { python: executable, version, file, state };
  if (json) {
    printJson(context, output);
    return;
  }
  const done = { installed: 'installed', updated: 'updated', unchanged: 'is already installed' };
  const source = named === undefined ? `, ${found.origin}` : '';
  print(context, [
    `galapagos.py ${done[state]}: ${file} (Python ${version}${source}).`,
    ...(found.note === null ? [] : [`Note: ${found.note}.`]),
    'A script uses it after: import galapagos',
  ]);
}

function copy(module: string, packages: string, file: string): PythonInstallOutput['state'] {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
  if (before === module) return 'unchanged';
  const folder = join(packages, 'galapagos');
  const other = existsSync(folder) ? folder : before?.startsWith(OURS) === false ? file : null;
  if (other !== null)
    throw new GalapagosError(
      'not-written',
      `another package named galapagos is installed: ${other}; remove it, or use another environment`,
      { file: other },
    );
  try {
    mkdirSync(packages, { recursive: true });
    writeAtomically(file, module);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GalapagosError(
      'not-written',
      `${reason}. Create an environment that belongs to you (python3 -m venv .venv), and name it with --python`,
      { file },
      error,
    );
  }
  return before === null ? 'installed' : 'updated';
}

function folderOf(context: Context): string {
  return join(context.resources, 'python');
}

function fileOf(context: Context): string {
  return join(folderOf(context), 'galapagos.py');
}
