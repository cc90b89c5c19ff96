/** Datasets in the format of `datasets … --json`. */
import { catalogueOf } from '../datasets/catalogue.ts';
import type { Imported } from '../datasets/import/import-dataset.ts';
import { readRecord, sizeOf, type StoredDataset } from '../datasets/store.ts';
import type { DatasetOutput } from '../protocol/cli-output.ts';

/**
 * Returns null if there is no dataset of this name. @throws DatasetError where its record is
 * damaged
 */
export function datasetOutput(folder: string, name: string): DatasetOutput | null {
  const stored = readRecord(folder, name);
  if (stored !== null) return storedOutput(stored);
  const entry = catalogueOf(null).find(name);
  if (entry === undefined) return null;
  const { shape, sampleType, classes, targets, training, test, statistics } = entry;
  return {
    name,
    content: null,
    shape: [...shape],
    sampleType,
    classes,
    classNames: Array.from({ length: classes }, (_, c) => String(c)),
    targets,
    training: { samples: training, sha256: null, perClass: [] },
    test: { samples: test, sha256: null, perClass: [] },
    drawn: null,
    statistics: { mean: [...statistics.mean], deviation: [...statistics.deviation] },
    source: null,
    notes: [],
    imported: null,
    bytes: 0,
  };
}

export function storedOutput(stored: StoredDataset): DatasetOutput {
  const {
    name,
    content,
    shape,
    sampleType,
    classNames,
    targets,
    training,
    test,
    drawn,
    statistics,
    source,
    notes,
    imported,
  } = stored;
  const about = {
    name,
    content,
    shape,
    sampleType,
    classes: classNames.length,
    classNames,
    targets,
    training,
    test,
    drawn,
    statistics,
  };
  return {
    ...about,
    source: { path: source.path, kind: source.kind },
    notes,
    imported,
    bytes: sizeOf(stored),
  };
}

/** Result of a dry run. */
export function importedOutput(name: string, path: string, imported: Imported): DatasetOutput {
  const { form, classNames, training, test, drawn, statistics, kind, notes } = imported;
  return {
    name,
    content: null,
    shape: [...form.shape],
    sampleType: form.sampleType,
    classes: classNames.length,
    classNames: [...classNames],
    targets: form.targets,
    training: { ...training, perClass: [...training.perClass] },
    test: { ...test, perClass: [...test.perClass] },
    drawn,
    statistics: { mean: [...statistics.mean], deviation: [...statistics.deviation] },
    source: { path, kind },
    notes: [...notes],
    imported: null,
    bytes: 0,
  };
}
