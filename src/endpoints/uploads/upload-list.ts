/**
 * Checks the list of files that a browser announces, before any of them is created. Accesses no
 * file.
 */
import { enclosingFolders } from '../../core/enclosing-folders.ts';
import { GalapagosError } from '../../core/errors.ts';
import { hasHiddenCharacters, withEscapes } from '../../core/hidden-characters.ts';

export interface AnnouncedFile {
  /** Relative path with `/` between its parts. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * @throws GalapagosError `bad-upload` for a path that leaves the folder, occurs twice, or is both a
 *   file and a folder
 */
export function checkUploadList(files: readonly AnnouncedFile[]): void {
  const paths = new Set<string>();
  for (const { path } of files) {
    if (hasHiddenCharacters(path))
      throw badUpload(path, 'a path without control characters', JSON.stringify(withEscapes(path)));
    if (!isInside(path))
      throw badUpload(path, 'a relative path of names separated by /', JSON.stringify(path));
    if (paths.has(path)) throw badUpload(path, 'each path once', 'it stands twice');
    paths.add(path);
  }
  const folders = new Set<string>();
  for (const { path } of files) {
    for (const folder of enclosingFolders(path)) {
      if (folders.has(folder)) break;
      if (paths.has(folder)) throw badUpload(folder, 'a file or a folder', 'both');
      folders.add(folder);
    }
  }
}

export function badUpload(
  file: string,
  expected: string,
  found: string,
  cause?: unknown,
): GalapagosError {
  const name = withEscapes(file);
  const where = name === '' ? '' : `${name}: `;
  return new GalapagosError(
    'bad-upload',
    `${where}expected ${expected}, found ${found}`,
    { file: name, expected, found },
    cause,
  );
}

/** Returns whether the path stays inside the folder on every system. */
function isInside(path: string): boolean {
  return path
    .split('/')
    .every(
      (part) =>
        part !== '' && part !== '.' && part !== '..' && !/[\\:]/.test(part) && part.length <= 255,
    );
}
