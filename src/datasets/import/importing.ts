/**
 * What the readers of all formats share while one import runs: where samples and classes go, what
 * is said, and where it may stop.
 */
import type { Meter } from '../sources/meter.ts';
import type { Classes } from './classes.ts';
import type { ImportOptions } from './options.ts';
import type { Samples } from './samples.ts';

export interface ColumnNames {
  readonly features: readonly string[];
  /** Of the numbers to predict. */
  readonly targets: readonly string[];
  /**
   * Of the class to predict; null: numbers are predicted, or the record is of an earlier version.
   */
  readonly label: string | null;
}

/** What a source can be labelled by. */
export interface Label {
  /**
   * Column, array or kind of label that was used; null: numbers of several columns are predicted.
   */
  readonly chosen: string | null;
  /** All that the source offers, in its order; at most `MOST_LABELS`. */
  readonly choices: readonly string[];
}

/** Limit of that list: a table may have thousands of columns. */
export const MOST_LABELS = 500;

export interface Importing {
  readonly options: ImportOptions;
  readonly samples: Samples;
  readonly meter: Meter;
  readonly classes: Classes;
  /** What a table's columns are called. */
  readonly name: (columns: ColumnNames) => void;
  /**
   * Tells what the samples are labelled by, and by what else they could be; called once, if the
   * source offers a choice.
   */
  readonly label: (label: Label) => void;
  /** Says something about the data that whoever uses them should know. */
  readonly note: (text: string) => void;
  /** To be called every few milliseconds. @throws ImportCancelled */
  readonly checkpoint: () => void;
}
