/** What the readers of all formats share while one import runs: where samples and classes go, what is said, and where it may stop. */
import type { Meter } from '../sources/meter.ts';
import type { Classes } from './classes.ts';
import type { ImportOptions } from './options.ts';
import type { Samples } from './samples.ts';

export interface ColumnNames {
  readonly features: readonly string[];
  /** Of the numbers to predict. */
  readonly targets: readonly string[];
  /** Of the class to predict; null: numbers are predicted, or the record is of an earlier version. */
  readonly label: string | null;
}

export interface Importing {
  readonly options: ImportOptions;
  readonly samples: Samples;
  readonly meter: Meter;
  readonly classes: Classes;
  /** What a table's columns are called. */
  readonly name: (columns: ColumnNames) => void;
  /** Says something about the data that whoever uses them should know. */
  readonly note: (text: string) => void;
  /** To be called every few milliseconds. @throws ImportCancelled */
  readonly checkpoint: () => void;
}
