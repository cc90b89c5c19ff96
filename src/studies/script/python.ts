/**
 * Finds the Python of a project and asks it for its version and folders. Installs nothing and
 * changes nothing.
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { GalapagosError } from '../../core/errors.ts';
import { readText } from '../../runtime/read-text.ts';
import { runBounded } from '../../runtime/run-bounded.ts';

/** Oldest version that the Python module supports. */
const OLDEST = [3, 8] as const;

const LOADING_MS = 30_000;
const MOST_BYTES = 1 << 16;

/** A program to run as Python, and where it comes from, as a phrase for users. */
export interface FoundPython {
  readonly program: string;
  readonly origin: string;
  /** Remark on an environment that the project describes but that does not exist; null: none. */
  readonly note: string | null;
}

export interface PythonFacts {
  /** Absolute path of the interpreter, as it names itself. */
  readonly executable: string;
  /** For example `3.11.7`. */
  readonly version: string;
  /** Folder of pure Python packages (`sysconfig`). */
  readonly packages: string;
}

const facts = z.object({ executable: z.string(), version: z.string(), packages: z.string() });

// Runs on any Python 3, so that one that is too old can say so.
const ASK = `import json, platform, sys, sysconfig
print(json.dumps({"executable": sys.executable, "version": platform.python_version(),
"packages": sysconfig.get_paths()["purelib"]}))`;

interface Place {
  /** Folder of the project; relative paths start here. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Returns the Python to use for a project: the named one, otherwise the active environment,
 * otherwise the `.venv` of the folder or of a folder above it in the same project, otherwise the
 * first on PATH.
 * @param named an interpreter, a command on PATH, or the folder of an environment
 */
export function findPython({ folder, env }: Place, named?: string): FoundPython {
  if (named !== undefined)
    return { program: programOf(folder, named), origin: 'named', note: null };
  for (const [name, kind] of [
    ['VIRTUAL_ENV', 'the active environment'],
    ['CONDA_PREFIX', 'the active conda environment'],
  ] as const) {
    const active = env[name] ?? '';
    const program = active === '' ? null : interpreterIn(active);
    if (program !== null) return { program, origin: `${kind} ${active}`, note: null };
  }
  const folders = projectFolders(folder);
  for (const place of folders) {
    for (const name of ['.venv', 'venv']) {
      const program = interpreterIn(join(place, name));
      if (program !== null)
        return { program, origin: `the environment ${join(place, name)}`, note: null };
    }
  }
  return {
    program: process.platform === 'win32' ? 'python' : 'python3',
    origin: 'the first on PATH',
    note: folders.map(missingEnvironment).find((note) => note !== null) ?? null,
  };
}

/**
 * Asks the interpreter for its version and folders.
 * @throws GalapagosError `program-failed` if it is absent or no Python 3, `unsupported` if too old
 */
export async function askPython(
  { program }: Pick<FoundPython, 'program'>,
  env: Place['env'],
): Promise<PythonFacts> {
  const command = [program, '-c', ASK];
  const { code, stdout, stderr, ended } = await runBounded(command, {
    env,
    timeoutMs: LOADING_MS,
    mostBytes: MOST_BYTES,
  });
  if (ended === 'not-found')
    throw failure(program, `there is no Python at ${program}; name one with --python`);
  const found = code === 0 ? factsIn(stdout) : null;
  if (found === null) {
    const reason =
      ended === 'timed-out'
        ? `it did not answer within ${String(LOADING_MS / 1000)} s`
        : (lastLine(stderr) ?? lastLine(stdout) ?? `it ended with status ${String(code)}`);
    throw failure(program, `${program} is not a usable Python 3: ${reason}`);
  }
  const [major = 0, minor = 0] = found.version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new GalapagosError(
      'unsupported',
      `${program} is Python ${found.version}; expected ${OLDEST.join('.')} or newer`,
      { found: found.version, expected: OLDEST.join('.') },
    );
  return found;
}

function factsIn(stdout: string): PythonFacts | null {
  try {
    const parsed = facts.safeParse(JSON.parse(lastLine(stdout) ?? ''));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function failure(program: string, message: string): GalapagosError {
  return new GalapagosError('program-failed', message, { command: program });
}

/** A path counts from the folder; a bare name is looked up on PATH unless the folder has it. */
function programOf(folder: string, named: string): string {
  const path = isAbsolute(named) ? named : resolve(folder, named);
  const isPath = isAbsolute(named) || /[\\/]/.test(named) || existsSync(path);
  if (!isPath) return named;
  return isFolder(path) ? (interpreterIn(path) ?? path) : path;
}

/** The interpreter of an environment's folder; null: it has none. */
function interpreterIn(folder: string): string | null {
  const names =
    process.platform === 'win32'
      ? ['Scripts/python.exe', 'python.exe']
      : ['bin/python', 'bin/python3'];
  return names.map((name) => join(folder, name)).find((path) => existsSync(path)) ?? null;
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
  for (const name of ['environment.yml', 'environment.yaml']) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    const called = /^name:\s*["']?([\w.-]+)/m.exec(readText(file, MOST_BYTES) ?? '')?.[1] ?? 'NAME';
    return `${file} describes a conda environment: activate it (conda activate ${called}), or name its Python with --python`;
  }
  return null;
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function lastLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .findLast((line) => line !== '');
}
