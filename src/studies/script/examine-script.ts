/**
 * Examines what a study of a program needs on this machine: the program, and of a Python script its
 * interpreter and the packages that it imports. Imports none of them and changes nothing.
 */
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { statedVariables } from '../../objectives/command/environment.ts';
import { findProgram } from '../../objectives/command/find-program.ts';
import { locatedPython, withPython } from '../../objectives/command/python.ts';
import { runsPythonModule } from '../../objectives/command/template.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import { readText } from '../../runtime/read-text.ts';
import { runBounded } from '../../runtime/run-bounded.ts';
import { askPython } from './python.ts';
import { importsIn, LONGEST_SOURCE } from './python-source.ts';

/** A finding; `remedy` is null where nothing has to be done. */
export interface ScriptFinding {
  readonly name: string;
  readonly found: string;
  readonly remedy: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Greatest number of modules of a project whose imports are read. */
const MOST_MODULES = 100;
const ASKING_MS = 60_000;
const MOST_BYTES = 1 << 20;

// Finds modules without importing them; a name is one of the standard library where the
// interpreter's list or the place of its file says so.
const ASK = `import importlib.metadata as metadata, importlib.util as util, json, os, sys, sysconfig
sys.path[0] = ""
own = os.path.realpath(sysconfig.get_paths()["stdlib"])
names = getattr(sys, "stdlib_module_names", ())
packages = getattr(metadata, "packages_distributions", dict)()
found = {}
for name in sys.argv[1:]:
    if name in names or name in sys.builtin_module_names:
        continue
    try:
        spec = util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        found[name] = None
        continue
    place = os.path.realpath(spec.origin or "")
    if place.startswith(own) and "site-packages" not in place and "dist-packages" not in place:
        continue
    version = ""
    for distribution in packages.get(name, []) + [name]:
        try:
            version = metadata.version(distribution)
            break
        except metadata.PackageNotFoundError:
            pass
    found[name] = version
print(json.dumps(found))`;

/** Version by package; empty: unknown, null: not installed. */
const versions = z.record(z.string(), z.string().nullable());

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
    { ...defined(env), ...statedVariables(added) },
  );
  const program = findProgram(named, place, whole);
  if ('missing' in program)
    return [{ name: 'program', found: program.missing, remedy: `correct "command": ${named}` }];
  const script = scriptIn(command, place);
  if (script === null) return [{ name: 'program', found: program.path, remedy: null }];
  const asked = await interpreter(program.path, whole);
  if ('remedy' in asked) return [asked];
  const needed = [...importsOf(script), ...(runsPythonModule(command) ? ['galapagos'] : [])];
  return [
    { name: 'Python', found: `${asked.version}, ${program.path}`, remedy: null },
    ...(await packages(program.path, script, [...new Set(needed)].sort(), whole)),
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

/** The first argument that is a Python script of the folder; null: none is. */
function scriptIn(command: readonly string[], folder: string): string | null {
  for (const argument of command.slice(1)) {
    const path = resolve(folder, argument.replace(/(\.py):\w+$/, '$1'));
    if (path.endsWith('.py') && readText(path, 1) !== null) return path;
  }
  return null;
}

/** Packages that the script and the modules beside it import, without those modules. */
function importsOf(script: string): Set<string> {
  const folder = dirname(script);
  const names = new Set<string>();
  const waiting = [script];
  const read = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const source =
      read.has(file) || read.size >= MOST_MODULES ? null : readText(file, LONGEST_SOURCE);
    read.add(file);
    for (const name of source === null ? [] : importsIn(source)) {
      const module = join(folder, `${name}.py`);
      const inside = join(folder, name, '__init__.py');
      if (readText(module, 1) !== null) waiting.push(module);
      else if (readText(inside, 1) !== null) waiting.push(inside);
      else names.add(name);
    }
  }
  return names;
}

async function packages(
  program: string,
  script: string,
  names: readonly string[],
  env: Environment,
): Promise<ScriptFinding[]> {
  if (names.length === 0) return [];
  const { stdout, stderr } = await runBounded([program, '-c', ASK, ...names], {
    cwd: dirname(script),
    env,
    timeoutMs: ASKING_MS,
    mostBytes: MOST_BYTES,
  });
  const answer = versions.safeParse(parsed(stdout));
  if (!answer.success)
    return [
      {
        name: 'packages',
        found: `unknown: ${stderr.trim().split('\n').at(-1) ?? ''}`,
        remedy: `run ${program} yourself and import what the script imports`,
      },
    ];
  const all = Object.entries(answer.data);
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

function defined(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
