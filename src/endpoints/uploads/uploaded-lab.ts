/**
 * Moves an uploaded lab file to the user's files: uploads are temporary, but a lab is written while
 * it is open.
 */
import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { sideFiles } from '../../storage/side-files.ts';

/**
 * @param upload the file, or a folder that contains only it
 * @returns its new path, under a free name; null: the upload is not exactly one file
 */
export async function keepUploadedLab(upload: string, userFolder: string): Promise<string | null> {
  const [file, another] = await filesOf(upload);
  if (file === undefined || another !== undefined) return null;
  const labs = join(userFolder, 'labs');
  await mkdir(labs, { recursive: true, mode: 0o700 });
  const { name, ext } = parse(file);
  for (let n = 1; ; n++) {
    const kept = join(labs, `${name}${n === 1 ? '' : `-${String(n)}`}${ext}`);
    try {
      await copyFile(file, kept, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      return kept;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/** Removes a file that turned out not to be a lab, with any side files. */
export async function removeKeptLab(kept: string): Promise<void> {
  for (const path of [...sideFiles(kept), kept]) await rm(path, { force: true });
}

async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const below = await readdir(path, { recursive: true, withFileTypes: true });
  return below
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
