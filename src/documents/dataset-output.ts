/** Datasets in the format of `datasets … --json`, which the window's messages contain too. */
import { bundledDataset } from '../datasets/catalogue.ts';
import { described, type DatasetDescription } from '../datasets/description.ts';
import type { Imported } from '../datasets/import/import-dataset.ts';
import { readRecord, sizeOf, type StoredDataset } from '../datasets/store.ts';
import type { DatasetOutput } from '../protocol/cli-output.ts';

/** Fields of the output that a description does not have. */
type About = Pick<DatasetOutput, 'name' | 'content' | 'source' | 'imported' | 'bytes'> & {
  readonly notes: readonly string[];
};

/** Returns a description with these fields in the format of the output. */
export function outputOf(description: DatasetDescription, about: About): DatasetOutput {
  const { name, content, source, notes, imported, bytes } = about;
  const classes = description.classNames.length;
  const fields = described(description);
  return { name, content, classes, ...fields, source, notes: [...notes], imported, bytes };
}

/**
 * Returns null if there is no dataset of this name. @throws DatasetError where its record is
 * damaged
 */
export function datasetOutput(folder: string, name: string): DatasetOutput | null {
  const stored = readRecord(folder, name);
  if (stored !== null) return storedOutput(stored);
  const description = bundledDataset(name)?.description;
  if (description === undefined) return null;
  const about = { name, content: null, source: null, notes: [], imported: null, bytes: 0 };
  // The output of built-in datasets contains neither hashes nor counts of classes.
  const { training, test } = description;
  return {
    ...outputOf(description, about),
    training: { samples: training.samples, sha256: null, perClass: [] },
    test: { samples: test.samples, sha256: null, perClass: [] },
  };
}

export function storedOutput(stored: StoredDataset): DatasetOutput {
  const { path, kind } = stored.source;
  return outputOf(stored, { ...stored, source: { path, kind }, bytes: sizeOf(stored) });
}

/** Result of a dry run. */
export function importedOutput(name: string, path: string, imported: Imported): DatasetOutput {
  const { kind, notes } = imported;
  const about = { name, content: null, imported: null, bytes: 0 };
  return outputOf(imported, { ...about, source: { path, kind }, notes });
}
