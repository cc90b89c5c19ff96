/** Options of an import beyond the path, its progress, and its cancellation. */
import { GalapagosError } from '../../core/errors.ts';

export interface ImportOptions {
  /** Size to which every image is scaled; null: all must have the same. */
  readonly size: { readonly height: number; readonly width: number } | null;
  /** Channels to which every image is converted; null: all must have the same. */
  readonly channels: 1 | 3 | null;
  /**
   * Handling of images that differ where `size` or `channels` are null: an error, or all are scaled
   * to the most frequent form.
   */
  readonly mixed: 'refuse' | 'scale';
  /**
   * Column of the class, by its name or its number from 1; for CIFAR-100, `coarse`. Null: found by
   * its name.
   */
  readonly label: string | null;
  /** Columns of targets for regression. Empty: none. */
  readonly targets: readonly string[];
  /** Columns to exclude. */
  readonly drop: readonly string[];
  /** The share of samples for testing, where the source has no test set; 0 < share < 1. */
  readonly testShare: number;
  /** Seed of that draw. */
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
  /** Number of samples read or written. */
  readonly samples: number;
  /** Expected number of samples; null: unknown. */
  readonly of: number | null;
  /** Bytes of the source read from disk. */
  readonly bytes: number;
  /** Size of the source in bytes; null: unknown, for a folder. */
  readonly ofBytes: number | null;
}

/** Thrown where an import notices that it was cancelled. */
export class ImportCancelled extends GalapagosError {
  constructor() {
    super('cancelled', 'the import was cancelled');
  }
}
