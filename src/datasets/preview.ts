/**
 * Preview of a dataset before or after it is stored: recognised format, classes and splits, some
 * real samples, notes. Reads only what it shows, and never blocks the event loop for long. Contains
 * facts; the window has the wording.
 */
import { join } from 'node:path';
import { MNIST, type DatasetEntry } from './catalogue.ts';
import type { Imported } from './import/import-dataset.ts';
import type { Label } from './import/importing.ts';
import { contentOf } from './import/store-imported.ts';
import { bundledFolder } from './places.ts';
import { IdxSource } from './preview/idx-source.ts';
import { sampleGrid, type SampleGrid } from './preview/sample-grid.ts';
import { SplitFile, type SampleSource } from './preview/sample-source.ts';
import { sampleTable, type SampleTable } from './preview/sample-table.ts';
import { warningsOf, type PreviewWarning } from './preview/warnings.ts';
import { readRecord, sizeOf, type StoredDataset } from './store.ts';

export interface PreviewSplit {
  readonly samples: number;
  /** SHA-256 of its values and labels in canonical form. */
  readonly sha256: string;
  /** Samples of each class; empty for regression. */
  readonly perClass: readonly number[];
}

export interface DatasetPreview {
  /** Its name; before it is stored, the proposed one. */
  readonly name: string;
  /**
   * Recognised format and evidence: `CIFAR-10, python archive`, `6 files match`. The latter is
   * empty if unknown.
   */
  readonly kind: string;
  readonly match: string;
  readonly shape: readonly number[];
  readonly sampleType: 'u8' | 'f32';
  /** Empty: regression. */
  readonly classNames: readonly string[];
  readonly targets: number;
  /** SHA-256 of the whole dataset: the same for the same data. */
  readonly content: string;
  readonly training: PreviewSplit;
  readonly test: PreviewSplit;
  /** How the test set was drawn; null: the source had one. */
  readonly drawn: { readonly share: number; readonly seed: number } | null;
  readonly statistics: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  /** Size in bytes on disk, or the size it would have. */
  readonly bytes: number;
  /** Exactly one of the two: pictures for images, rows for vectors. */
  readonly grid: SampleGrid | null;
  readonly table: SampleTable | null;
  readonly warnings: readonly PreviewWarning[];
  /** The label of the samples and the alternatives; null: the source offers no choice. */
  readonly label: Label | null;
  /** Notes of the import, in words. */
  readonly notes: readonly string[];
}

/**
 * Preview of a dataset that studies can name.
 * @param folders absolute paths of the imported datasets' folder, and of the one that contains
 *   `datasets/` with the built-in ones
 * @returns null: there is none. @throws DatasetError where it is damaged
 */
export async function previewDataset(
  { folder, resources }: { readonly folder: string; readonly resources: string },
  name: string,
): Promise<DatasetPreview | null> {
  if (name === MNIST.name) return previewBundled(MNIST, resources);
  const stored = readRecord(folder, name);
  return stored === null ? null : previewStored(stored);
}

async function previewStored(stored: StoredDataset): Promise<DatasetPreview> {
  const { name, content, shape, sampleType, targets, source, files } = stored;
  const form = { shape, sampleType, targets };
  return assembled(
    { ...stored, ...source, form },
    { name, content, bytes: sizeOf(stored), training: files.training },
  );
}

/** Preview of an import that is not stored yet. @param file of its training split */
export function previewImported(
  imported: Imported,
  name: string,
  file: string,
): Promise<DatasetPreview> {
  const { form, training, test, classNames } = imported;
  const each =
    form.shape.reduce((product, n) => product * n, form.sampleType === 'u8' ? 1 : 4) +
    (form.targets > 0 ? 4 * form.targets : classNames.length <= 256 ? 1 : 2);
  return assembled(imported, {
    name,
    content: contentOf(imported).sha256,
    bytes: (training.samples + test.samples) * each,
    training: file,
  });
}

async function assembled(
  imported: Imported,
  {
    name,
    content,
    bytes,
    training: file,
  }: { name: string; content: string; bytes: number; training: string },
): Promise<DatasetPreview> {
  const {
    kind,
    match,
    form,
    classNames,
    training,
    test,
    drawn,
    statistics,
    columns,
    label,
    resized,
    notes,
  } = imported;
  const source = await SplitFile.open(file, form, training.samples, classNames.length);
  const shown = await samplesOf(source, imported);
  const { shape, sampleType, targets } = form;
  const warnings = warningsOf({ classNames, perClass: training.perClass, resized, shape });
  const what = {
    name,
    kind,
    match,
    shape,
    sampleType,
    classNames,
    targets,
    content,
    training,
    test,
    drawn,
    statistics,
    columns,
  };
  return { ...what, bytes, ...shown, warnings, label, notes };
}

async function samplesOf(
  source: SampleSource,
  {
    form,
    classNames,
    training,
    columns,
  }: Pick<Imported, 'form' | 'classNames' | 'training' | 'columns'>,
): Promise<Pick<DatasetPreview, 'grid' | 'table'>> {
  const { shape, sampleType, targets } = form;
  try {
    if (shape.length === 3) {
      const perClass = targets > 0 ? [training.samples] : training.perClass;
      return {
        grid: await sampleGrid(source, { shape, sampleType, classes: classNames.length, perClass }),
        table: null,
      };
    }
    const features = shape.reduce((product, n) => product * n, 1);
    return {
      grid: null,
      table: await sampleTable(source, { features, targets, samples: training.samples, columns }),
    };
  } finally {
    await source.close();
  }
}

async function previewBundled(entry: DatasetEntry, resources: string): Promise<DatasetPreview> {
  if (entry.source.kind !== 'bundled')
    throw new Error(`${entry.name} does not come with Galapagos`);
  const { name, shape, sampleType, classes, targets, statistics, content } = entry;
  const { files, perClass, sha256 } = entry.source;
  const [images = '', labels = ''] = files.map((file) =>
    join(bundledFolder(resources, name), file.name),
  );
  const classNames = Array.from({ length: classes }, (_, c) => String(c));
  const training = {
    samples: entry.training,
    sha256: sha256.training,
    perClass: perClass.training,
  };
  const test = { samples: entry.test, sha256: sha256.test, perClass: perClass.test };
  const form = { shape, sampleType, targets };
  const shown = await samplesOf(new IdxSource(images, labels, shape), {
    form,
    classNames,
    training,
    columns: null,
  });
  const what = {
    name,
    kind: 'IDX files',
    match: 'comes with Galapagos',
    shape,
    sampleType,
    classNames,
    targets,
    content,
  };
  const bytes =
    (training.samples + test.samples) * (1 + shape.reduce((product, n) => product * n, 1));
  return {
    ...what,
    training,
    test,
    drawn: null,
    statistics,
    bytes,
    ...shown,
    warnings: [],
    label: null,
    notes: [],
  };
}
