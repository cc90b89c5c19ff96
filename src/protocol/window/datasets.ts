/** Datasets in the window: sources, recognised formats and previews. */
import { z } from 'zod';
import { datasetOutput } from '../cli-output.ts';
import { strict } from '../problems.ts';

const count = z.int().min(0);

const path = z.string().min(1).max(32_768);
const upload = strict({ kind: z.literal('upload'), upload: z.string().min(1) });

/** A lab file: a path where the host shares the file system, else an upload. */
export const labSource = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('path'), path }),
  upload,
]);
export type LabSource = z.output<typeof labSource>;

/**
 * Data that were dropped or chosen together and become one dataset. Paths are absolute: files,
 * folders or archives.
 */
export const dataSource = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('paths'), paths: z.array(path).min(1).max(100_000) }),
  upload,
]);
export type DataSource = z.output<typeof dataSource>;

export const importOptions = strict({
  size: strict({ height: z.int().min(1).max(4096), width: z.int().min(1).max(4096) }).nullable(),
  channels: z.union([z.literal(1), z.literal(3)]).nullable(),
  /** Treatment of images of several sizes: refused, or scaled to the most frequent size. */
  mixed: z.enum(['refuse', 'scale']),
  label: z.string().nullable(),
  targets: z.array(z.string()),
  drop: z.array(z.string()),
  testShare: z.number().gt(0).lt(1),
  seed: count,
});

export const datasetPreview = strict({
  dataset: datasetOutput,
  /** Of an import: the bundled or stored dataset with the same samples; null: there is none. */
  same: strict({ name: z.string(), bundled: z.boolean() }).nullable(),
  /**
   * Recognised format and evidence, for example `CIFAR-10, python archive` and `6 files match`;
   * null: a built-in dataset.
   */
  recognised: strict({ kind: z.string(), how: z.string() }).nullable(),
  /** Real samples: up to 10 columns (classes) by 4 rows; null where samples are no images. */
  samples: strict({
    height: count,
    width: count,
    channels: z.union([z.literal(1), z.literal(3)]),
    /** Factor by which a side was reduced; 1: original size. */
    reduced: z.int().min(1),
    /** Class of each column; a single empty one where numbers are predicted. */
    columns: z.array(z.string()),
    /**
     * Number of samples in each column, from the top: a class may have fewer than there are rows.
     */
    counts: z.array(count),
    rows: count,
    /**
     * Base64 of bytes, sample after sample (by rows, then columns), each height × width × channels;
     * 0 where a sample is missing.
     */
    pixels: z.string(),
  }).nullable(),
  /**
   * First rows of samples that are no images: the first features, then the class name or the
   * targets.
   */
  table: strict({
    columns: z.array(z.string()),
    /** Predicted columns, the last of `columns`. */
    predicted: z.array(z.string()),
    /**
     * Every column that can be predicted, including hidden ones; empty: the source has no such
     * columns.
     */
    choices: z.array(z.string()),
    rows: z.array(z.array(z.union([z.number(), z.string()]))),
    /** Number of features. */
    features: count,
  }).nullable(),
  /** The label of the samples and the alternatives; null: the source offers no choice. */
  label: strict({
    /** Null: numbers of several columns are predicted. */
    chosen: z.string().nullable(),
    choices: z.array(z.string()),
    /** True if the host can read the source again with another label. */
    again: z.boolean(),
  }).nullable(),
  /**
   * Codes of warnings with their data: imbalance, scaled, one-class, empty-classes. The renderer
   * has the wording.
   */
  warnings: z.array(strict({ code: z.string(), data: z.record(z.string(), z.unknown()) })),
});
export type DatasetPreview = z.output<typeof datasetPreview>;
