/**
 * Final step of an import: moves the contents of its staging folder into place as a whole and
 * assigns the name.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLED_NAMES } from '../catalogue.ts';
import { diskFull, isDiskFull } from '../dataset-error.ts';
import { checkName } from '../dataset-name.ts';
import { described, type DatasetDescription, type SplitDescription } from '../description.ts';
import {
  contentNamed,
  isNamed,
  recordNames,
  recordPath,
  type DatasetRecord,
  type StoredDataset,
} from '../store.ts';
import type { Source } from '../sources/several.ts';
import type { Imported } from './import-dataset.ts';
import type { ImportOptions } from './options.ts';

export interface Again {
  /** Absolute. */
  readonly paths: readonly string[];
  readonly options: ImportOptions;
}

/** Greatest number of source paths that a record keeps. */
const MOST_PATHS = 1000;

/** Returns how to repeat an import; null if it was uploaded or consists of too many files. */
export function againOf({ paths, as }: Source, options: ImportOptions): Again | null {
  return as !== null || paths.length > MOST_PATHS ? null : { paths, options };
}

export interface About {
  readonly name: string;
  /** Source as the user knows it. */
  readonly path: string;
  /** How to read it again; null: it will not exist. */
  readonly again: Again | null;
  /** ISO 8601. */
  readonly imported: string;
}

/** Manifest of a dataset and its hash, which identifies the content. */
export function contentOf(description: Omit<DatasetDescription, 'drawn' | 'statistics'>): {
  readonly manifest: string;
  readonly sha256: string;
} {
  const { shape, sampleType, classNames, targets, training, test } = description;
  const describe = ({ samples, sha256: hash }: SplitDescription): object => ({
    samples,
    sha256: hash,
  });
  const manifest = JSON.stringify({
    format: 'galapagos-content/1',
    shape,
    sampleType,
    classes: classNames.length,
    targets,
    training: describe(training),
    test: describe(test),
  });
  return { manifest, sha256: createHash('sha256').update(manifest).digest('hex') };
}

/** @throws GalapagosError `bad-name`, `dataset-exists` */
export function checkFree(folder: string, name: string, replace: boolean): void {
  checkName(name, BUNDLED_NAMES, !replace && recordNames(folder).includes(name));
}

/** Serialises stores, because two of the same bytes would use one folder. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Moves the files that `importDataset` wrote to `staging` into place and assigns the name. May be
 * repeated after a failure.
 * @param replace takes the name from the dataset that has it
 * @throws GalapagosError `bad-name`, `dataset-exists`, `disk-full`
 */
export function storeImported(
  folder: string,
  staging: string,
  imported: Imported,
  about: About,
  replace: boolean,
): Promise<StoredDataset> {
  const stored = last.then(() => {
    checkFree(folder, about.name, replace);
    return put(folder, staging, imported, about);
  });
  last = stored.catch(() => undefined);
  return stored;
}

async function put(
  folder: string,
  staging: string,
  imported: Imported,
  about: About,
): Promise<StoredDataset> {
  const { manifest, sha256: content } = contentOf(imported);
  const record = recordOf(imported, about, content);
  const [whole, place, written] = [
    join(staging, 'whole'),
    join(folder, 'content', content),
    join(staging, 'record.json'),
  ];
  try {
    // Steps that need space come first; afterwards only names change.
    for (const path of [whole, join(folder, 'content'), join(folder, 'names')])
      await mkdir(path, { recursive: true });
    await writeFile(join(whole, 'manifest.json'), manifest);
    await writeFile(written, `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    throw isDiskFull(error) ? diskFull() : error;
  }
  for (const name of ['training', 'test'])
    if (existsSync(join(staging, name))) await rename(join(staging, name), join(whole, name));
  // Absent if an earlier try has come this far.
  if (existsSync(join(whole, 'training'))) {
    // Replaces the same bytes, or the rest of them, by those just written.
    await rm(place, { recursive: true, force: true });
    await rename(whole, place);
  }
  const replaced = contentNamed(folder, about.name);
  await rename(written, recordPath(folder, about.name));
  if (replaced !== null && !isNamed(folder, replaced))
    await rm(join(folder, 'content', replaced), { recursive: true, force: true });
  return { ...record, files: { training: join(place, 'training'), test: join(place, 'test') } };
}

function recordOf(
  imported: Imported,
  { name, path, again, imported: when }: About,
  content: string,
): DatasetRecord {
  const { kind, match, columns, label, resized, notes } = imported;
  return {
    format: 'galapagos-dataset/1',
    name,
    content,
    ...described(imported),
    source: {
      path,
      kind,
      match,
      again: again === null ? null : { paths: [...again.paths], options: copied(again.options) },
    },
    label: label === null ? null : { chosen: label.chosen, choices: [...label.choices] },
    columns:
      columns === null
        ? null
        : { features: [...columns.features], targets: [...columns.targets], label: columns.label },
    resized,
    notes: [...notes],
    imported: when,
  };
}

function copied(options: ImportOptions): NonNullable<DatasetRecord['source']['again']>['options'] {
  return { ...options, targets: [...options.targets], drop: [...options.drop] };
}
