/**
 * Context shared by the readers of all formats during one import: destination of samples and
 * classes, notes, cancellation.
 */
import type { Meter } from '../sources/meter.ts';
import type { Classes } from './classes.ts';
import type { ImportOptions } from './options.ts';
import type { Samples } from './samples.ts';

export interface ColumnNames {
  readonly features: readonly string[];
  /** Names of the targets. */
  readonly targets: readonly string[];
  /** Name of the label column; null: regression, or a record of an earlier version. */
  readonly label: string | null;
}

/** Label of a source and its alternatives. */
export interface Label {
  /** Column, array or kind of label that was used; null: several columns are targets. */
  readonly chosen: string | null;
  /** All alternatives of the source in its order, at most `MOST_LABELS`. */
  readonly choices: readonly string[];
}

/** Limit of that list, since a table may have thousands of columns. */
export const MOST_LABELS = 500;

export interface Importing {
  readonly options: ImportOptions;
  readonly samples: Samples;
  readonly meter: Meter;
  readonly classes: Classes;
  /** Sets the names of a table's columns. */
  readonly name: (columns: ColumnNames) => void;
  /** Reports the label and its alternatives; called once if the source offers a choice. */
  readonly label: (label: Label) => void;
  /** Adds a note on the data for its users. */
  readonly note: (text: string) => void;
  /** Call every few milliseconds. @throws ImportCancelled */
  readonly checkpoint: () => void;
}
