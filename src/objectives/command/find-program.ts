/** Finds the file of a program as a shell would, in a folder or on PATH. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

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
  env: Readonly<Record<string, string | undefined>>,
): FoundProgram {
  const endings = endingsOf(env);
  if (isAbsolute(program) || /[/\\]/.test(program)) {
    const path = resolve(folder, program);
    return firstRunnable([path], endings) ?? { missing: whyNot(path) };
  }
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter).filter((each) => each !== '');
  const found = firstRunnable(
    folders.map((each) => join(resolve(folder, each), program)),
    endings,
  );
  if (found !== null) return found;
  const beside = firstRunnable([resolve(folder, program)], endings);
  return {
    missing:
      beside === null
        ? `no program of this name on PATH`
        : `it in the working folder only, which is not on PATH: write ./${program}`,
  };
}

function endingsOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  if (process.platform !== 'win32') return [''];
  return ['', ...(env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';')];
}

function firstRunnable(
  paths: readonly string[],
  endings: readonly string[],
): { readonly path: string } | null {
  for (const path of paths)
    for (const ending of endings)
      if (isRunnable(`${path}${ending}`)) return { path: `${path}${ending}` };
  return null;
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function whyNot(path: string): string {
  try {
    return statSync(path).isFile()
      ? `${path}, which is not executable (chmod +x, or put its interpreter before it)`
      : `${path}, which is not a file`;
  } catch {
    return `no file ${path}`;
  }
}
