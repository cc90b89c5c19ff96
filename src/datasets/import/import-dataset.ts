/**
 * Runs one import in the current thread: reads, arranges, and returns the data to store. Stores
 * nothing itself.
 */
import { basename, join } from 'node:path';
import type { DatasetDescription } from '../description.ts';
import { MixedImages } from '../formats/image-survey.ts';
import { Meter } from '../sources/meter.ts';
import { sourceName, type Source } from '../sources/several.ts';
import { arrange } from './arrange.ts';
import { Classes } from './classes.ts';
import type { ColumnNames, Label } from './importing.ts';
import { MOST_LABELS } from './importing.ts';
import { ImportCancelled, type ImportOptions, type ImportProgress } from './options.ts';
import { readSource } from './read-source.ts';
import { Samples } from './samples.ts';

export interface Imported extends DatasetDescription {
  /** Recognised format and evidence: `CIFAR-10, python archive`, `6 files match`. */
  readonly kind: string;
  readonly match: string;
  /** Names of a table's columns; null: the source has none. */
  readonly columns: ColumnNames | null;
  /** Null: the source offers no choice of labels. */
  readonly label: Label | null;
  /** Number of images that were resized. */
  readonly resized: number;
  readonly notes: readonly string[];
}

export interface Watch {
  progress(progress: ImportProgress): void;
  cancelled(): boolean;
  /** Milliseconds on any clock. */
  now(): number;
}

const PROGRESS_EVERY_MS = 100;

/**
 * @param staging an existing, empty folder, in which `training` and `test` are written; an error
 *   may leave files there
 * @throws DatasetError; ImportCancelled
 */
export async function importDataset(
  source: Source,
  staging: string,
  options: ImportOptions,
  watch: Watch,
): Promise<Imported> {
  try {
    return await importOnce(source, staging, options, watch);
  } catch (error) {
    if (!(error instanceof MixedImages)) throw error;
    const { width, height, channels } = error.form;
    const { size, channels: asked } = options;
    return importOnce(
      source,
      staging,
      { ...options, size: size ?? { width, height }, channels: asked ?? channels },
      watch,
    );
  }
}

async function importOnce(
  from: Source,
  staging: string,
  options: ImportOptions,
  watch: Watch,
): Promise<Imported> {
  const samples = new Samples(join(staging, 'samples'));
  const meter = new Meter();
  const notes: string[] = [];
  let columns: ColumnNames | null = null;
  let label: Label | null = null;
  let saidAt = -Infinity;
  const progress = (said: ImportProgress): void => {
    const now = watch.now();
    if (said.phase === 'sorting' || now - saidAt >= PROGRESS_EVERY_MS) {
      saidAt = now;
      watch.progress(said);
    }
  };
  const importing = {
    options,
    samples,
    meter,
    classes: new Classes(),
    name: (given: ColumnNames) => (columns = given),
    label: ({ chosen, choices }: Label) =>
      (label = { chosen, choices: choices.slice(0, MOST_LABELS) }),
    note: (text: string) => {
      if (!notes.includes(text)) notes.push(text);
    },
    checkpoint: () => {
      if (watch.cancelled()) throw new ImportCancelled();
      // Before the first sample, the count may refer to other files.
      const of = samples.count === 0 ? null : meter.samples;
      progress({
        phase: 'reading',
        samples: samples.count,
        of,
        bytes: meter.bytes,
        ofBytes: meter.ofBytes,
      });
    },
  };
  try {
    const name = sourceName(from);
    const source = basename(name);
    const read = await readSource({ paths: from.paths, name }, staging, importing);
    const arranging = {
      ...importing,
      checkpoint: () => {
        if (watch.cancelled()) throw new ImportCancelled();
      },
    };
    return { ...arrange(source, staging, arranging, progress), ...read, columns, label, notes };
  } finally {
    samples.close();
  }
}
