/**
 * Finds the file of a program as a shell would, in a folder or on PATH. On Windows, it is one that
 * the system starts: a program or a batch file.
 */
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import { extname, isAbsolute, join, resolve } from 'node:path';
import { variableOf } from './environment-variables.ts';
import type { Environment } from './environment-variables.ts';

export type FoundProgram =
  | { readonly path: string }
  | {
      /** For people, after "found". */
      readonly missing: string;
    };

/**
 * @param program a name to look for on PATH, or a path relative to the folder
 * @param env of the program
 */
export function findProgram(
  program: string,
  folder: string,
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): FoundProgram {
  const endings = endingsOf(program, env, platform);
  const files = (path: string): string[] => endings.map((ending) => `${path}${ending}`);
  const runnable = (paths: readonly string[]): string | undefined =>
    paths.flatMap(files).find((file) => isRunnable(file, platform));
  if (isAbsolute(program) || /[/\\]/.test(program)) {
    const place = resolve(folder, program);
    const path = runnable([place]);
    return path === undefined ? { missing: whyNot(place, files(place), platform) } : { path };
  }
  const places = foldersOf(env, platform).map((each) => join(resolve(folder, each), program));
  const path = runnable(places);
  if (path !== undefined) return { path };
  const beside = runnable([resolve(folder, program)]);
  if (beside !== undefined)
    return {
      missing: `it in the working folder only, which is not on PATH: write ./${program}`,
    };
  const isStub = platform === 'win32' && places.flatMap(files).some(isStoreStub);
  return { missing: isStub ? STORE_STUB : 'no program of this name on PATH' };
}

const STORE_STUB =
  'only the placeholder with which Windows offers Python in Microsoft Store: install Python';

function foldersOf(env: Environment, platform: NodeJS.Platform): readonly string[] {
  const isWindows = platform === 'win32';
  return (
    (variableOf(env, 'PATH', platform) ?? '')
      .split(isWindows ? ';' : ':')
      // Windows permits quotation marks around a folder.
      .map((each) => (isWindows ? each.replaceAll('"', '') : each))
      .filter((each) => each !== '')
  );
}

/** Endings of files that Windows starts without another program. */
const STARTED_BY_WINDOWS = ['.com', '.exe', '.bat', '.cmd'];

/**
 * Returns what may follow the name in the name of the file. A file without an ending precedes none
 * on Windows: beside `npm.cmd` is a script for POSIX shells, `npm`.
 */
function endingsOf(
  program: string,
  env: Environment,
  platform: NodeJS.Platform,
): readonly string[] {
  if (platform !== 'win32') return [''];
  const listed = (variableOf(env, 'PATHEXT', platform) ?? '')
    .split(';')
    .map((each) => each.trim().toLowerCase())
    .filter((each) => STARTED_BY_WINDOWS.includes(each));
  const endings = listed.length === 0 ? STARTED_BY_WINDOWS : listed;
  return extname(program) === '' ? [...endings, ''] : ['', ...endings];
}

function isRunnable(path: string, platform: NodeJS.Platform): boolean {
  const isWindows = platform === 'win32';
  try {
    if (isWindows && isStoreStub(path)) return false;
    if (isWindows && isStoreAlias(path)) return true;
    // Throws no error for a missing file, because each trial looks in every folder of PATH.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    accessSync(path, constants.X_OK);
    return !isWindows || isStarted(path);
  } catch {
    return false;
  }
}

/** Returns whether Windows starts files with the ending of a path. */
export function isStartedByWindows(path: string): boolean {
  return STARTED_BY_WINDOWS.includes(extname(path).toLowerCase());
}

/** Returns whether Windows starts a file: by its ending, or because it contains a program. */
function isStarted(path: string): boolean {
  if (isStartedByWindows(path)) return true;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(2);
    readSync(file, head, 0, 2, 0);
    return head.toString('latin1') === 'MZ';
  } finally {
    closeSync(file);
  }
}

/**
 * Returns whether a file is an alias of an app, which the system starts and no program can read.
 */
function isStoreAlias(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  try {
    const target = statSync(path);
    return !target.isFile() && !target.isDirectory();
  } catch (error) {
    // A link to a file that is gone is no alias.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

/** Returns whether a file is the alias `python.exe` of a Windows without Python. */
function isStoreStub(path: string): boolean {
  try {
    return /PythonRedirector\.exe$/i.test(readlinkSync(path));
  } catch {
    return false;
  }
}

function whyNot(path: string, files: readonly string[], platform: NodeJS.Platform): string {
  if (platform === 'win32' && files.some(isStoreStub)) return STORE_STUB;
  try {
    if (!statSync(path).isFile()) return `${path}, which is not a file`;
  } catch {
    return `no file ${path}`;
  }
  return platform === 'win32'
    ? `${path}, which Windows does not start: put its interpreter before it`
    : `${path}, which is not executable (chmod +x, or put its interpreter before it)`;
}
