/**
 * Links of a working copy. Windows permits symbolic links to few users: there, a folder is linked
 * by a junction, and a file on the same volume by a second name of it.
 */
import { linkSync, lstatSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { dirname, resolve, win32 } from 'node:path';

/**
 * Creates a link in place of what is there.
 * @param target absolute, or relative to the folder of the link
 * @returns whether the link exists
 */
export function makeLink(
  target: string,
  link: string,
  symlink: typeof symlinkSync = symlinkSync,
): boolean {
  rmSync(link, { recursive: true, force: true, maxRetries: 3 });
  const absolute = resolve(dirname(link), target);
  const stats = statSync(absolute, { throwIfNoEntry: false });
  try {
    symlink(target, link, stats?.isDirectory() === true ? 'junction' : 'file');
    // Wine reports success without a link.
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) return true;
  } catch {
    // It is forbidden, or the file system has none.
  }
  if (stats?.isFile() !== true) return false;
  try {
    linkSync(absolute, link);
    return true;
  } catch {
    return false;
  }
}

/** Returns whether a path is a link to the target, as `makeLink` creates it. */
export function isLinkTo(target: string, link: string): boolean {
  try {
    const stats = lstatSync(link, { bigint: true });
    if (stats.isSymbolicLink()) return isSameTarget(readlinkSync(link), target, link);
    const file = statSync(resolve(dirname(link), target), { bigint: true });
    return stats.isFile() && stats.nlink > 1n && stats.ino === file.ino && stats.dev === file.dev;
  } catch {
    return false;
  }
}

/** Compares the text of a link, which is absolute and ends with "\" for a junction. */
export function isSameTarget(
  found: string,
  target: string,
  link: string,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform !== 'win32') return found === target;
  const absolute = (text: string): string =>
    win32.resolve(win32.dirname(link), text.replace(/^\\\\\?\\(?!UNC\\)/, '')).toLowerCase();
  return absolute(found) === absolute(target);
}
