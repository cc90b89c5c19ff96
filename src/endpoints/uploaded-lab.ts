/** A lab file that was uploaded gets a place of its own among the person's files: uploads are temporary, a lab is written while it is open. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';

/** @returns null: the upload is not exactly one file */
export function keepUploadedLab(folder: string | null, userFolder: string): string | null {
  if (folder === null) return null;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(folder, path)).isFile());
  const [path] = files;
  if (path === undefined || files.length > 1) return null;
  const labs = join(userFolder, 'labs');
  mkdirSync(labs, { recursive: true });
  const { name, ext } = parse(path);
  let kept = join(labs, `${name}${ext}`);
  for (let n = 2; existsSync(kept); n++) kept = join(labs, `${name}-${n}${ext}`);
  copyFileSync(join(folder, path), kept);
  return kept;
}
