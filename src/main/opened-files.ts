/**
 * One instance per user: a second one hands what it was asked to open to the first and ends. Files
 * opened by the system come here too.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { app } from 'electron';

export interface OpenedFiles {
  readonly opened: (path: string) => void;
  /** A person asked for the app again. */
  readonly show: () => void;
}

/** Before the app is ready. @returns false: another instance runs, and this one must end */
export function setupSingleInstance({ opened, show }: OpenedFiles): boolean {
  if (!app.requestSingleInstanceLock()) return false;
  app.on('second-instance', (_, args, folder) => {
    for (const path of filesIn(args, folder)) opened(path);
    show();
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    opened(path);
  });
  for (const path of filesIn(process.argv, process.cwd())) opened(path);
  return true;
}

/**
 * What a command line names, past the program; in a clone Electron is the program and the clone its
 * first argument.
 */
export function filesIn(
  args: readonly string[],
  folder: string,
  packaged = app.isPackaged,
): string[] {
  const named = args.slice(1).filter((arg) => !arg.startsWith('-'));
  const files = packaged ? named : named.slice(1);
  return files
    .map((path) => (isAbsolute(path) ? path : join(folder, path)))
    .filter((path) => existsSync(path));
}
