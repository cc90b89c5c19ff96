/**
 * Examines what a study of a program needs on this machine: the program, and of a Python script its
 * interpreter and the packages that it imports. Imports none of them and changes nothing.
 */
import { dirname, resolve } from 'node:path';
import { statedVariables } from '../../objectives/command/attempt/environment.ts';
import { withVariables } from '../../runtime/environment-variables.ts';
import { findProgram } from '../../runtime/find-program.ts';
import { askPackages } from '../../objectives/command/python/packages.ts';
import { importsOf, scriptIn } from '../../objectives/command/python/python-imports.ts';
import { locatedPython, withPython } from '../../objectives/command/python/python.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import { askPython } from './python.ts';

/** A finding; `remedy` is null where nothing has to be done. */
export interface ScriptFinding {
  readonly name: string;
  readonly found: string;
  readonly remedy: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param folder absolute path of the folder that contains the study file
 * @param env where Galapagos was started
 */
export async function examineScript(
  { command, folder: working, env: added = {}, python: environment }: CommandObjective,
  folder: string,
  env: Environment,
): Promise<ScriptFinding[]> {
  const place = resolve(folder, working);
  const [first = ''] = command;
  const python = locatedPython(folder, environment);
  const { program: named, env: whole } = withPython(
    { command, folder: place, python },
    first.replaceAll(/([{}])\1/g, '$1'),
    withVariables(env, statedVariables(added)),
  );
  const program = findProgram(named, place, whole);
  if ('missing' in program)
    return [{ name: 'program', found: program.missing, remedy: `correct "command": ${named}` }];
  const script = scriptIn(command, place);
  if (script === null) return [{ name: 'program', found: program.path, remedy: null }];
  const asked = await interpreter(program.path, whole);
  if ('remedy' in asked) return [asked];
  return [
    { name: 'Python', found: `${asked.version}, ${program.path}`, remedy: null },
    ...(await packages(program.path, script, importsOf(command, script, place), whole)),
  ];
}

async function interpreter(
  program: string,
  env: Environment,
): Promise<ScriptFinding | { readonly version: string }> {
  try {
    return { version: (await askPython({ program }, env)).version };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { name: 'Python', found, remedy: 'name a Python 3.8 or newer in "command"' };
  }
}

async function packages(
  program: string,
  script: string,
  names: readonly string[],
  env: Environment,
): Promise<ScriptFinding[]> {
  if (names.length === 0) return [];
  const answer = await askPackages(program, names, { folder: dirname(script), env });
  if ('error' in answer)
    return [
      {
        name: 'packages',
        found: `unknown: ${answer.error}`,
        remedy: `run ${program} yourself and import what the script imports`,
      },
    ];
  const all = Object.entries(answer.packages);
  const there = all.flatMap(([name, version]) =>
    version === null ? [] : [version === '' ? name : `${name} ${version}`],
  );
  return [
    ...(there.length === 0 ? [] : [{ name: 'packages', found: there.join(', '), remedy: null }]),
    ...all.flatMap(([name, version]) =>
      version === null ? [{ name, found: 'not installed', remedy: installing(name, program) }] : [],
    ),
  ];
}

/** Advice; the name of a package on an index may be another than that of its module. */
function installing(name: string, program: string): string {
  return name === 'galapagos'
    ? `run galapagos python install --python ${program}`
    : `install the package that provides it: ${program} -m pip install …`;
}
