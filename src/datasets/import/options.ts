/** Options of an import beyond the path, its progress, and its cancellation. */
import { GalapagosError } from '../../core/errors.ts';

export interface ImportOptions {
  /** Every image is brought to this size; null: all must have the same. */
  readonly size: { readonly height: number; readonly width: number } | null;
  /** Every image is brought to grey or colour; null: all must be the same. */
  readonly channels: 1 | 3 | null;
  /**
   * What becomes of images that differ where `size` or `channels` say nothing: an error, or all are
   * brought to what suits most.
   */
  readonly mixed: 'refuse' | 'scale';
  /**
   * The column of the class, by its name or its number from 1; of CIFAR-100, `coarse`. Null: found
   * by its name.
   */
  readonly label: string | null;
  /** Columns of numbers to predict instead of a class. Empty: none. */
  readonly targets: readonly string[];
  /** Columns that are left out. */
  readonly drop: readonly string[];
  /** The share of samples for testing, where the source has no test set; 0 < share < 1. */
  readonly testShare: number;
  /** Of the draw of that test set. */
  readonly seed: number;
}

export const DEFAULTS: ImportOptions = {
  size: null,
  channels: null,
  mixed: 'refuse',
  label: null,
  targets: [],
  drop: [],
  testShare: 0.2,
  seed: 0,
};

export interface ImportProgress {
  readonly phase: 'reading' | 'sorting' | 'writing';
  /** Samples read, or written. */
  readonly samples: number;
  /** How many there will be, as far as can be told; null: not known yet. */
  readonly of: number | null;
  /** Of the source, read from disk. */
  readonly bytes: number;
  /** The source's size; null: a folder's, which nobody has summed. */
  readonly ofBytes: number | null;
}

/** Thrown where an import notices that it was cancelled. */
export class ImportCancelled extends GalapagosError {
  constructor() {
    super('cancelled', 'the import was cancelled');
  }
}
