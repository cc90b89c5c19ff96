/**
 * Names of archive entries: they determine classes and splits, never a path on disk; a name that
 * leaves the archive's root is refused.
 */
import { at } from '../../core/at.ts';
import { mismatch, type DatasetError } from '../dataset-error.ts';

const WITHIN = ' › ';

/**
 * Returns the entry's path with `/` between its parts. @throws DatasetError for an absolute path, a
 * drive, `..` or a NUL
 */
export function safePath(archive: string, name: string): string {
  const path = name.replaceAll('\\', '/');
  const leaves =
    path.startsWith('/') ||
    /^[A-Za-z]:/.test(path) ||
    path.includes('\0') ||
    path.split('/').includes('..');
  if (leaves)
    throw mismatch(
      archive,
      `entry ${JSON.stringify(name)}`,
      'a path inside the archive',
      'one that leaves it',
      'nothing of this archive was read',
    );
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** The upper half of code page 437, the encoding of names in old zips. */
const UPPER =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

/**
 * Decodes as UTF-8, used by nearly all archives; otherwise so that different names stay different.
 */
export function decodedName(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8');
  if (!text.includes('\ufffd')) return text;
  return Array.from(bytes, (byte) =>
    byte < 128 ? String.fromCharCode(byte) : at(UPPER, byte - 128),
  ).join('');
}

/** Refuses a link, whose target would be lost or is outside the archive. */
export function refusedLink(archive: string, name: string): DatasetError {
  return mismatch(
    archive,
    `entry ${JSON.stringify(name)}`,
    'a file',
    'a link',
    'pack the archive with its links followed',
  );
}

/** Refuses a name that occurs twice: one of the two would be lost, or both would count. */
export function refusedDuplicate(archive: string, name: string): DatasetError {
  return mismatch(
    archive,
    `entry ${JSON.stringify(name)}`,
    'each name once',
    'a second entry with this name',
    'unpack the archive and import the folder',
  );
}

/** `archive › entry`, for errors. */
export function entryName(archive: string, path: string): string {
  return `${archive}${WITHIN}${path}`;
}

/** Returns whether it came out of an archive. */
export function isEntry({ name }: { readonly name: string }): boolean {
  return name.includes(WITHIN);
}

const DEBRIS = /(?:^|\/)(?:\.|(?:__MACOSX|Thumbs\.db|desktop\.ini)(?:\/|$))/;

/** Returns whether it is a system's by-product: resource forks, thumbnails, hidden files. */
export function isDebris(path: string): boolean {
  return DEBRIS.test(path);
}
