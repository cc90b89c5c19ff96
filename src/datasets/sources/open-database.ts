/**
 * Recognises an SQLite database that a program has open, by the files beside it. It is never read
 * as data: opening and closing it here would release the locks that this process holds on its own
 * lab, and other programs could delete the lab's log.
 */
import { existsSync, realpathSync } from 'node:fs';
import { SIDE_FILE_KINDS } from '../../core/side-file-kinds.ts';

const SUFFIXES = SIDE_FILE_KINDS.map((kind) => `-${kind}`);

/** @param path of a file that exists; a symbolic link counts as what it leads to */
export function isOpenDatabase(path: string): boolean {
  const file = realpathSync(path);
  return SUFFIXES.some((suffix) => existsSync(file + suffix));
}

/** Names, within a folder, of open databases and of the files beside them. */
export function openDatabasesIn(names: readonly string[]): ReadonlySet<string> {
  const all = new Set(names);
  const found = new Set<string>();
  for (const name of names) {
    const suffix = SUFFIXES.find((each) => name.endsWith(each));
    const database = suffix === undefined ? '' : name.slice(0, -suffix.length);
    if (database !== '' && all.has(database)) found.add(name).add(database);
  }
  return found;
}
