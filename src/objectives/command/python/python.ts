/**
 * Finds the Python of a project: the named one, or an environment that its folder or the user's
 * shell names. Starts no program, installs nothing and changes nothing.
 */
import { existsSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { findProgram } from '../../../runtime/find-program.ts';
import { readText } from '../../../runtime/read-text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A program to run as Python, and where it comes from, as a phrase for users. */
export interface FoundPython {
  readonly program: string;
  /** Folder of its environment; null: none, or unknown. */
  readonly environment: string | null;
  readonly origin: string;
  /** Remark on an environment that the project describes but that does not exist; null: none. */
  readonly note: string | null;
}

interface Place {
  /** Folder of the project; relative paths start here. */
  readonly folder: string;
  readonly env: Environment;
}

/** The fields of an objective that its Python depends on; `folder` and `python` are absolute. */
interface Started {
  readonly command: readonly string[];
  readonly folder: string;
  readonly python?: string | undefined;
}

/** Greatest number of bytes read of a file that describes environments. */
const MOST_BYTES = 1 << 16;

/**
 * Returns the Python to use for a project: the named one, otherwise the active environment,
 * otherwise that of the folder or of a folder above it in the same project (`.venv`, the one that
 * uv's variable names, the conda environment of `environment.yml`), otherwise conda's base, which
 * shells activate by themselves, otherwise the first on PATH.
 * @param named an interpreter, a command on PATH, or the folder of an environment
 */
export function findPython(
  { folder, env }: Place,
  named?: string,
  platform: NodeJS.Platform = process.platform,
): FoundPython {
  if (named !== undefined) {
    const program = programOf(folder, named);
    return { program, environment: environmentOf(program), origin: 'named', note: null };
  }
  const { VIRTUAL_ENV: active = '', CONDA_PREFIX: conda = '' } = env;
  const base = env['CONDA_DEFAULT_ENV'] === 'base';
  const folders = projectFolders(folder);
  const found =
    inEnvironment(active, 'the active environment') ??
    (base ? null : inEnvironment(conda, 'the active conda environment')) ??
    firstOf(folders, (place) => ofProject(place, env)) ??
    (base ? inEnvironment(conda, 'the active conda environment base,') : null);
  if (found !== null) return found;
  return {
    ...firstOnPath({ folder, env }, platform),
    environment: null,
    note: firstOf(folders, missingEnvironment),
  };
}

/** Installers of Python add its launcher `py` to PATH on Windows, and Python itself on request. */
function firstOnPath(
  { folder, env }: Place,
  platform: NodeJS.Platform,
): Pick<FoundPython, 'program' | 'origin'> {
  const first = 'the first on PATH';
  if (platform !== 'win32') return { program: 'python3', origin: first };
  const isThere = (name: string): boolean => 'path' in findProgram(name, folder, env, platform);
  return !isThere('python') && isThere('py')
    ? { program: 'py', origin: 'the launcher, as no python is on PATH' }
    : { program: 'python', origin: first };
}

/**
 * Returns the Python of an objective's program: where the objective names one, or its command
 * begins with `python` or `python3`. Null: the program is another one.
 * @param env of the program
 */
export function pythonOf(
  { command, folder, python }: Started,
  env: Environment,
): FoundPython | null {
  const [first = ''] = command;
  if (python === undefined && !isPython(first)) return null;
  return findPython({ folder, env }, python);
}

/**
 * Returns the program to start for a command's first word, and the environment in which the
 * objective's Python is active.
 */
export function withPython(
  objective: Started,
  named: string,
  env: Readonly<Record<string, string>>,
): { readonly program: string; readonly env: Readonly<Record<string, string>> } {
  const python = pythonOf(objective, env);
  if (python === null) return { program: named, env };
  return { program: isPython(named) ? python.program : named, env: activated(env, python) };
}

/** Returns the path of a command's first word where it is a program of the objective's Python. */
export function programOfPython(objective: Started, named: string, env: Environment): string {
  const python = pythonOf(objective, env);
  if (python === null) return named;
  if (isPython(named)) return python.environment === null ? named : python.program;
  const beside = join(dirname(python.program), named);
  return python.environment !== null && !/[\\/]/.test(named) && existsSync(beside) ? beside : named;
}

/** Returns whether a command's first word stands for the Python of the project. */
export function isPython(word: string): boolean {
  return /^python3?(\.exe)?$/i.test(word);
}

/** Returns the environment with a Python's environment active in it, as its own script does. */
export function activated(
  env: Readonly<Record<string, string>>,
  { environment }: Pick<FoundPython, 'environment'>,
): Record<string, string> {
  if (environment === null) return { ...env };
  const isConda = existsSync(join(environment, 'conda-meta'));
  const programs =
    process.platform === 'win32'
      ? [
          ...(isConda ? [environment, join(environment, 'Library', 'bin')] : []),
          join(environment, 'Scripts'),
        ]
      : [join(environment, 'bin')];
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return {
    ...env,
    [path]: [...programs, ...(env[path] === undefined ? [] : [env[path]])].join(delimiter),
    [isConda ? 'CONDA_PREFIX' : 'VIRTUAL_ENV']: environment,
  };
}

/** Says why a named Python cannot be used, after "found"; null: it can, as far as files tell. */
export function pythonMissing(folder: string, named: string): string | null {
  const path = isAbsolute(named) ? named : resolve(folder, named);
  const isPath = isAbsolute(named) || /[\\/]/.test(named) || existsSync(path);
  if (!isPath) return null;
  if (!existsSync(path)) return `no file or folder ${path}`;
  if (isFolder(path) && interpreterIn(path) === null)
    return `${path}, which contains no ${interpreterNames.join(' or ')}`;
  return null;
}

/** A named Python without a path that is relative to the study file. */
export function locatedPython<Named extends string | undefined>(
  project: string,
  named: Named,
): Named | string {
  if (named === undefined) return named;
  const path = resolve(project, named);
  return /[\\/]/.test(named) || existsSync(path) ? path : named;
}

/** A path counts from the folder; a bare name is looked up on PATH unless the folder has it. */
function programOf(folder: string, named: string): string {
  const path = isAbsolute(named) ? named : resolve(folder, named);
  const isPath = isAbsolute(named) || /[\\/]/.test(named) || existsSync(path);
  if (!isPath) return named;
  return isFolder(path) ? (interpreterIn(path) ?? path) : path;
}

const interpreterNames =
  process.platform === 'win32'
    ? ['Scripts/python.exe', 'python.exe']
    : ['bin/python', 'bin/python3'];

/** The interpreter of an environment's folder; null: it has none. */
function interpreterIn(folder: string): string | null {
  return (
    interpreterNames.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? null
  );
}

/** The folder of the environment that an interpreter belongs to; null: it belongs to none. */
function environmentOf(program: string): string | null {
  if (!isAbsolute(program)) return null;
  const folders = [dirname(program), dirname(dirname(program))];
  const marks = ['pyvenv.cfg', 'conda-meta'];
  return folders.find((each) => marks.some((mark) => existsSync(join(each, mark)))) ?? null;
}

function inEnvironment(folder: string, kind: string): FoundPython | null {
  const program = folder === '' ? null : interpreterIn(folder);
  if (program === null) return null;
  return { program, environment: folder, origin: `${kind} ${folder}`, note: null };
}

function ofProject(folder: string, env: Environment): FoundPython | null {
  const uv = existsSync(join(folder, 'uv.lock'));
  const named = uv ? (env['UV_PROJECT_ENVIRONMENT'] ?? '') : '';
  const kind = `the environment${uv ? ' of uv' : ''}`;
  return (
    (named === '' ? null : inEnvironment(resolve(folder, named), kind)) ??
    firstOf(['.venv', 'venv'], (name) => inEnvironment(join(folder, name), kind)) ??
    ofConda(folder, env)
  );
}

function ofConda(folder: string, env: Environment): FoundPython | null {
  const described = condaFile(folder);
  if (described === null) return null;
  const { file, name } = described;
  return firstOf(condaEnvironments(name, env), (place) =>
    inEnvironment(place, `the conda environment of ${file},`),
  );
}

/** Folders that conda may have given an environment of this name. */
function condaEnvironments(name: string, env: Environment): string[] {
  const home = env['HOME'] ?? env['USERPROFILE'] ?? '';
  // Conda keeps the list of all environments that it has created.
  const listed =
    home === '' ? null : readText(join(home, '.conda', 'environments.txt'), MOST_BYTES);
  const known = (listed ?? '').split(/\r?\n/).filter((line) => /[\\/]/.test(line));
  const program = env['CONDA_EXE'] ?? '';
  const roots = [
    ...(program === '' ? [] : [dirname(dirname(program))]),
    ...(env['MAMBA_ROOT_PREFIX'] === undefined ? [] : [env['MAMBA_ROOT_PREFIX']]),
  ];
  return [
    ...known.filter((place) => place.split(/[\\/]/).at(-1) === name),
    ...roots.map((root) => join(root, 'envs', name)),
  ];
}

/** The folder, and those above it up to the root of its project. */
function projectFolders(folder: string): string[] {
  const folders = [folder];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) {
    if (at !== folder) folders.push(at);
    if (['.git', 'pyproject.toml', 'setup.py'].some((name) => existsSync(join(at, name))))
      return folders;
  }
  // No project: folders above it belong to something else.
  return [folder];
}

/** A remark if the folder describes an environment of uv or conda, which was not found. */
function missingEnvironment(folder: string): string | null {
  if (existsSync(join(folder, 'uv.lock')))
    return `${folder} is a project of uv without .venv: uv sync creates it`;
  const described = condaFile(folder);
  if (described === null) return null;
  const { file, name } = described;
  return `${file} describes a conda environment: activate it (conda activate ${name}), or name its Python with --python`;
}

function condaFile(folder: string): { readonly file: string; readonly name: string } | null {
  for (const each of ['environment.yml', 'environment.yaml']) {
    const file = join(folder, each);
    if (!existsSync(file)) continue;
    const name = /^name:\s*["']?([\w.-]+)/m.exec(readText(file, MOST_BYTES) ?? '')?.[1];
    return { file, name: name ?? 'NAME' };
  }
  return null;
}

/** The first result that is not null. */
function firstOf<Item, Result>(
  items: readonly Item[],
  look: (item: Item) => Result | null,
): Result | null {
  for (const item of items) {
    const found = look(item);
    if (found !== null) return found;
  }
  return null;
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
