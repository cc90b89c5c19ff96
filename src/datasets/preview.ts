/**
 * Preview of a dataset before or after it is stored: recognised format, classes and splits, some
 * real samples, notes. Reads only what it shows, and never blocks the event loop for long. Contains
 * facts; the window has the wording.
 */
import { join } from 'node:path';
import { bundledDataset, type Bundled } from './catalogue.ts';
import { described, formOf, valueBytes, type DatasetDescription } from './description.ts';
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

export interface DatasetPreview extends DatasetDescription {
  /** Its name; before it is stored, the proposed one. */
  readonly name: string;
  /**
   * Recognised format and evidence: `CIFAR-10, python archive`, `6 files match`. The latter is
   * empty if unknown.
   */
  readonly kind: string;
  readonly match: string;
  /** SHA-256 of the whole dataset: the same for the same data. */
  readonly content: string;
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
  const bundled = bundledDataset(name);
  if (bundled !== undefined) return previewBundled(bundled, resources);
  const stored = readRecord(folder, name);
  return stored === null ? null : previewStored(stored);
}

async function previewStored(stored: StoredDataset): Promise<DatasetPreview> {
  const { name, content, source, files } = stored;
  const about = { name, content, bytes: sizeOf(stored), training: files.training };
  return assembled({ ...stored, ...source }, about);
}

/** Preview of an import that is not stored yet. @param file of its training split */
export function previewImported(
  imported: Imported,
  name: string,
  file: string,
): Promise<DatasetPreview> {
  const { training, test, targets, classNames } = imported;
  const each =
    valueBytes(imported) + (targets > 0 ? 4 * targets : classNames.length <= 256 ? 1 : 2);
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
  const { kind, match, shape, classNames, training, label, resized, notes } = imported;
  const { perClass, samples } = training;
  const source = await SplitFile.open(file, formOf(imported), samples, classNames.length);
  const shown = await samplesOf(source, imported);
  const warnings = warningsOf({ classNames, perClass, resized, shape });
  const about = { name, content, kind, match, bytes };
  return { ...about, ...described(imported), ...shown, warnings, label, notes };
}

async function samplesOf(
  source: SampleSource,
  description: DatasetDescription & Pick<Imported, 'columns'>,
): Promise<Pick<DatasetPreview, 'grid' | 'table'>> {
  const { shape, sampleType, targets, classNames, training, columns } = description;
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

async function previewBundled(
  { entry, description }: Bundled,
  resources: string,
): Promise<DatasetPreview> {
  const { name, content, source } = entry;
  const { training, test, shape } = description;
  const [images = '', labels = ''] = source.files.map((file) =>
    join(bundledFolder(resources, name), file.name),
  );
  const idx = new IdxSource(images, labels, shape);
  const shown = await samplesOf(idx, { ...description, columns: null });
  const bytes = (training.samples + test.samples) * (1 + valueBytes(description));
  const about = { name, content, kind: 'IDX files', match: 'comes with Galapagos', bytes };
  return { ...about, ...described(description), ...shown, warnings: [], label: null, notes: [] };
}
