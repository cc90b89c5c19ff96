/**
 * Datasets as the window shows them: where data comes from, what it was recognised as, what it
 * looks like.
 */
import { z } from 'zod';
import { datasetOutput } from '../cli-output.ts';
import { strict } from '../problems.ts';

const count = z.int().min(0);

const path = z.string().min(1).max(32_768);
const upload = strict({ kind: z.literal('upload'), upload: z.string().min(1) });

/** A lab file: a path where the host sees the same disk, else an upload. */
export const labSource = z.discriminatedUnion('kind', [
  strict({ kind: z.literal('path'), path }),
  upload,
]);
export type LabSource = z.output<typeof labSource>;

/**
 * Data that were dropped or chosen together, which become one dataset. Paths are absolute: files,
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
  /** Whether images of several sizes are refused or brought to the size that most have. */
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
   * What it was recognised as and by what, e.g. `CIFAR-10, python archive` and `6 files match`;
   * null: it comes with Galapagos.
   */
  recognised: strict({ kind: z.string(), how: z.string() }).nullable(),
  /** Real samples: up to 10 columns (classes) by 4 rows; null where samples are no images. */
  samples: strict({
    height: count,
    width: count,
    channels: z.union([z.literal(1), z.literal(3)]),
    /** So many pixels of a side became one; 1: as the dataset holds them. */
    reduced: z.int().min(1),
    /** Class of each column; a single empty one where numbers are predicted. */
    columns: z.array(z.string()),
    /**
     * How many samples each column has, from the top: a class may have fewer than there are rows.
     */
    counts: z.array(count),
    rows: count,
    /**
     * Base64 of bytes, sample after sample (row by row, then column by column), each height × width
     * × channels; 0 where there is none.
     */
    pixels: z.string(),
  }).nullable(),
  /**
   * First rows where samples are no images: the first features, then the class by its name, or the
   * numbers to predict.
   */
  table: strict({
    columns: z.array(z.string()),
    /** Columns that are predicted, the last of `columns`. */
    predicted: z.array(z.string()),
    /**
     * Every column that could be predicted, also those that are not shown; empty: the source has no
     * such columns.
     */
    choices: z.array(z.string()),
    rows: z.array(z.array(z.union([z.number(), z.string()]))),
    /** How many features there are. */
    features: count,
  }).nullable(),
  /**
   * What the samples are labelled by, and by what else they could be; null: the source offers no
   * choice.
   */
  label: strict({
    /** Null: numbers of several columns are predicted. */
    chosen: z.string().nullable(),
    choices: z.array(z.string()),
    /** The host can read the source again with another label. */
    again: z.boolean(),
  }).nullable(),
  /**
   * Codes and what they are about: imbalance, scaled, one-class, empty-classes; words are the
   * renderer's.
   */
  warnings: z.array(strict({ code: z.string(), data: z.record(z.string(), z.unknown()) })),
});
export type DatasetPreview = z.output<typeof datasetPreview>;
