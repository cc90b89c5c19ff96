/**
 * Files that stand beside a lab file while it is open: SQLite's log, its index and journal, and our
 * lock.
 */
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { SIDE_FILE_KINDS } from '../core/side-file-kinds.ts';

export type SideFile = (typeof SIDE_FILE_KINDS)[number];

/**
 * Path of a side file. A lab that is a symbolic link has them beside the file it leads to, where
 * SQLite puts its own.
 */
export function sideFile(file: string, kind: SideFile): string {
  return `${target(file)}-${kind}`;
}

/** Paths of all side files. */
export function sideFiles(file: string): readonly string[] {
  return SIDE_FILE_KINDS.map((kind) => sideFile(file, kind));
}

function target(file: string): string {
  return existsSync(file) && lstatSync(file).isSymbolicLink() ? realpathSync(file) : file;
}

/**
 * Returns whether a program has the lab open for writing. Only SQLite may read or write such a
 * file: closing any other descriptor of it would release the locks of the process.
 */
export function isHeld(file: string): boolean {
  return existsSync(sideFile(file, 'lock'));
}
