/**
 * The end of an import: what it left in its staging folder is moved into place whole, and given its
 * name.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLED_NAMES } from '../catalogue.ts';
import { diskFull, isDiskFull } from '../dataset-error.ts';
import { checkName } from '../dataset-name.ts';
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

/** Paths of a source that a record keeps; more are not worth their room. */
const MOST_PATHS = 1000;

/** Returns how to repeat an import; null where it was uploaded or consists of too many files. */
export function againOf({ paths, as }: Source, options: ImportOptions): Again | null {
  return as !== null || paths.length > MOST_PATHS ? null : { paths, options };
}

export interface About {
  readonly name: string;
  /** Where it came from, as whoever brought it calls it. */
  readonly path: string;
  /** How to read it again; null: it will not be there. */
  readonly again: Again | null;
  /** ISO 8601. */
  readonly imported: string;
}

/** What stands beside a dataset's bytes, and its hash, by which the whole is known. */
export function contentOf({
  form,
  classNames,
  training,
  test,
}: Pick<Imported, 'form' | 'classNames' | 'training' | 'test'>): {
  readonly manifest: string;
  readonly sha256: string;
} {
  const { shape, sampleType, targets } = form;
  const describe = ({ samples, sha256: hash }: Imported['training']): object => ({
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

/** One after the other: two of the same bytes would meet in one place. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Moves what `importDataset` left in `staging` into place and gives it the name. Where it fails, it
 * may be tried again.
 * @param replace takes the name from whatever has it
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
    // What needs room comes first: then there are only names to change.
    for (const path of [whole, join(folder, 'content'), join(folder, 'names')])
      await mkdir(path, { recursive: true });
    await writeFile(join(whole, 'manifest.json'), manifest);
    await writeFile(written, `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    throw isDiskFull(error) ? diskFull() : error;
  }
  for (const name of ['training', 'test'])
    if (existsSync(join(staging, name))) await rename(join(staging, name), join(whole, name));
  // They are not there where an earlier try came so far.
  if (existsSync(join(whole, 'training'))) {
    // The same bytes again, or what is left of them: replaced by what was just written.
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
  const {
    form,
    classNames,
    training,
    test,
    drawn,
    statistics,
    kind,
    match,
    columns,
    label,
    resized,
    notes,
  } = imported;
  return {
    format: 'galapagos-dataset/1',
    name,
    content,
    shape: [...form.shape],
    sampleType: form.sampleType,
    classNames: [...classNames],
    targets: form.targets,
    training: { ...training, perClass: [...training.perClass] },
    test: { ...test, perClass: [...test.perClass] },
    drawn,
    statistics: { mean: [...statistics.mean], deviation: [...statistics.deviation] },
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
