/**
 * Moves a finished build to where it is run from. Each file is replaced whole. Files of earlier
 * builds stay for a day: a program that was started from them loads further ones while it runs.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const KEPT_MS = 24 * 60 * 60_000;

/**
 * @param {string} from a folder that holds the build and nothing else
 * @param {string} to
 */
export function publish(from, to) {
  const built = filesBelow(from);
  // Entries lie at the top and name the files below: they come last.
  const depth = (path) => path.split('/').length;
  for (const path of built.sort((a, b) => depth(b) - depth(a))) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    renameSync(join(from, path), join(to, path));
  }
  const current = new Set(built);
  for (const path of filesBelow(to)) {
    const file = join(to, path);
    if (!current.has(path) && Date.now() - statSync(file).mtimeMs > KEPT_MS) rmSync(file);
  }
}

/** Paths from the folder, with `/`. */
function filesBelow(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
}
