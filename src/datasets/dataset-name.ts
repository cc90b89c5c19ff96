/** Rules for dataset names: valid file names on every system, and unique. */
import { basename, dirname } from 'node:path';
import { GalapagosError } from '../core/errors.ts';
import { freeName } from '../core/free-name.ts';
import { sharedFolder, sourceName, type Source } from './sources/several.ts';

export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Device names on Windows, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const EXPECTED = 'letters, digits, ".", "_" and "-", at most 64, starting with a letter or digit';

/**
 * @param bundled built-in names, which cannot be taken
 * @param taken whether a stored dataset has the name
 * @throws GalapagosError `bad-name` with { name, expected }; `dataset-exists` with { name, bundled
 *   }
 */
export function checkName(name: string, bundled: readonly string[], taken: boolean): void {
  if (!NAME.test(name) || DEVICE.test(name)) {
    const found = DEVICE.test(name)
      ? `${JSON.stringify(name)}, which names a device on Windows`
      : JSON.stringify(name);
    throw new GalapagosError(
      'bad-name',
      `a dataset's name: expected ${EXPECTED}, found ${found}; set one with --name`,
      {
        name,
        expected: EXPECTED,
        found,
      },
    );
  }
  if (bundled.includes(name))
    throw new GalapagosError(
      'dataset-exists',
      `${name} is the name of a built-in dataset: choose another one with --name`,
      {
        name,
        bundled: true,
      },
    );
  if (taken)
    throw new GalapagosError(
      'dataset-exists',
      `a dataset ${name} already exists: choose another name with --name, or replace it with --replace`,
      { name, bundled: false },
    );
}

/**
 * `cifar-10-python.tar.gz` → `cifar-10-python`. Empty if no character of it can be part of a name.
 * @param file without its folders
 */
export function nameOfFile(file: string): string {
  return file
    .replace(/(?:\.tar)?\.(?:gz|xz|zip|tar|tgz|txz|npz|npy|csv|tsv|parquet|bin|pkl|pickle)$/i, '')
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
    .replace(/-+$/, '');
}

/** An IDX file's name, with the words of its split: `emnist-letters-train-images-idx3-ubyte.gz`. */
const IDX_FILE =
  /^(.*?)[-_.]?(?:train|test|t10k)?[-_.]?(?:images|labels)[-_.]idx\d[-_.]ubyte(?:\.gz)?$/i;
/** Folders whose names say nothing about the dataset in them. */
const ANY_FOLDER = /^(?:downloads?|desktop|documents|tmp|temp|data|datasets?|files|)$/i;

/**
 * Returns the stem of the proposed name: the name of the file or folder. IDX files that are
 * imported together are named by their common prefix, or else by their folder.
 */
export function sourceStem(source: Source): string {
  const { paths, as } = source;
  const said = as?.replace(/ and [\d,]+ more$/, '').split(', ');
  const prefixes = new Set((said ?? paths.map((path) => basename(path))).map(idxPrefix));
  const [prefix, another] = prefixes;
  if (prefix === undefined || prefixes.has(null)) return basename(sourceName(source));
  if (prefix !== null && prefix !== '' && another === undefined) return prefix;
  const folder = as === null ? sharedFolder(paths) : '';
  const name = basename(basename(folder) === 'raw' ? dirname(folder) : folder);
  return ANY_FOLDER.test(name) ? 'idx-images' : name;
}

/** Returns null where the file's name is not that of an IDX file. */
function idxPrefix(file: string): string | null {
  return IDX_FILE.exec(file)?.[1] ?? null;
}

/** Name made of the file's that no dataset has yet: `photos`, `photos-2` … */
export function freeDatasetName(file: string, taken: readonly string[]): string {
  const made = nameOfFile(file);
  const stem = (NAME.test(made) && !DEVICE.test(made) ? made : 'dataset').slice(0, 58);
  return freeName(new Set(taken), stem);
}
