/**
 * What a part of `out/` was built from: written beside it, and compared with the sources as they
 * are.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Stamp
 * @property {string} stats hash of the sources' paths, sizes and times
 * @property {string} contents hash of the sources' paths and contents
 */

/** @returns {Stamp | null} null: the part was not built, or its stamp cannot be read */
export function recorded(root, name) {
  try {
    const { stats, contents } = JSON.parse(readFileSync(fileOf(root, name), 'utf8'));
    return typeof stats === 'string' && typeof contents === 'string' ? { stats, contents } : null;
  } catch {
    return null;
  }
}

/** Whole or not at all: another program may read it meanwhile. */
export function record(root, name, stamp) {
  mkdirSync(join(root, 'out'), { recursive: true });
  const making = `${fileOf(root, name)}.${process.pid}`;
  writeFileSync(making, JSON.stringify(stamp));
  renameSync(making, fileOf(root, name));
}

/** A hash of what the system knows of the files without reading them. */
export function statsOf(root, sources, without) {
  const hash = createHash('sha256');
  for (const path of filesOf(root, sources, without)) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** A hash of the files' contents. */
export function contentsOf(root, sources, without) {
  const hash = createHash('sha256');
  for (const path of filesOf(root, sources, without)) {
    hash.update(
      `${path}\0${createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex')}\n`,
    );
  }
  return hash.digest('hex');
}

function fileOf(root, name) {
  return join(root, 'out', `built-${name}.json`);
}

/** Paths from the root, in order; sources that do not exist are left out. */
function filesOf(root, sources, without) {
  const found = [];
  const walk = (path) => {
    if (without.includes(path)) return;
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (!stat.isDirectory()) found.push(path);
    else for (const name of readdirSync(join(root, path))) walk(`${path}/${name}`);
  };
  for (const source of sources) walk(source);
  return found.sort();
}
