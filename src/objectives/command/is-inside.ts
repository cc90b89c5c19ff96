/** Test whether a path is in a folder, with links followed. */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';

/** Returns whether a path is in a folder or is it; both exist, and links are followed. */
export function isInside(path: string, folder: string): boolean {
  const from = relative(realpathSync(folder), realpathSync(path));
  return from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from);
}
