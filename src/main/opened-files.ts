/**
 * Allows one instance per user: a second instance passes its file arguments to the first and ends.
 * Also collects files that the operating system asks the app to open.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { app } from 'electron';

export interface OpenedFiles {
  readonly opened: (path: string) => void;
  /** Called when the user starts the app again. */
  readonly show: () => void;
}

/**
 * Call before the app is ready.
 * @returns false when another instance runs and this one must end
 */
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
 * Returns the existing files among the command-line arguments, as absolute paths. In a clone the
 * first argument is the folder of the clone, because Electron is the program.
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
