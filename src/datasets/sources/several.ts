/**
 * Several files or folders that are one import: read as if the folder they share contained only
 * them. Handles names only and reads nothing.
 */
import { basename, dirname, join, relative, sep } from 'node:path';
import { enclosingFolders } from '../../core/enclosing-folders.ts';
import { grouped, mismatch } from '../dataset-error.ts';

/** The paths that an import reads, and the name of the source. */
export interface Source {
  /** Absolute, at least one: files, folders or archives. */
  readonly paths: readonly string[];
  /** Name by which the user and errors refer to it; null: by its path. */
  readonly as: string | null;
}

/** Greatest number of names that are listed. */
const SAID = 4;

/** Name for errors and records; for several paths the last part lists their names. */
export function sourceName({ paths, as }: Source): string {
  if (as !== null) return as;
  const [only, another] = paths;
  if (only !== undefined && another === undefined) return only;
  const said = paths.slice(0, SAID).map((path) => basename(path));
  const more = paths.length - said.length;
  return join(
    sharedFolder(paths),
    `${said.join(', ')}${more === 0 ? '' : ` and ${grouped(more)} more`}`,
  );
}

/** @throws DatasetError if they share none: on Windows, on two drives */
export function sharedFolder(paths: readonly string[]): string {
  const [first = '', ...others] = paths;
  let folder = dirname(first);
  for (const path of others) {
    while (!isBelow(folder, path)) {
      const above = dirname(folder);
      if (above === folder)
        throw mismatch(
          basename(path),
          null,
          `a file on the drive of ${basename(first)}`,
          'one on another',
        );
      folder = above;
    }
  }
  return folder;
}

/**
 * @param absolute paths
 * @returns each path once, in the order of their names below `folder`, with `/` between their parts
 * @throws DatasetError where one contains another: its samples would count twice
 */
export function belowFolder(folder: string, paths: readonly string[]): readonly string[] {
  const below = [...new Set(paths)]
    .map((path) => relative(folder, path).replaceAll(sep, '/'))
    .sort((a, b) => (a < b ? -1 : 1));
  const names = new Set(below);
  for (const name of below) {
    for (const holder of enclosingFolders(name)) {
      if (names.has(holder))
        throw mismatch(
          name,
          null,
          'each file once',
          `one that ${holder}, which was named as well, holds`,
        );
    }
  }
  return below;
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
