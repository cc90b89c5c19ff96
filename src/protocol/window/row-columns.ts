/**
 * The columns of a trial's row. Blocks of rows read from a lab file, the projection, the columns on
 * the wire and the window's table derive from this table. Contains no schemas, so that the window
 * does not load a parser for it.
 */

/** Completion number of a trial that has not ended. */
export const NOT_ENDED = 2 ** 32 - 1;

/**
 * Typed array of each kind of column. At most four: V8 inlines an element access that meets up to
 * four types of arrays, and a fifth type triples the time of every loop over the columns.
 */
interface Arrays {
  u8: Uint8Array<ArrayBuffer>;
  u16: Uint16Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
  f64: Float64Array<ArrayBuffer>;
}

type Kind = keyof Arrays;

/** Creates an array of a kind. */
export const arrayOf: { readonly [K in Kind]: (length: number) => Arrays[K] } = {
  u8: (length) => new Uint8Array(length),
  u16: (length) => new Uint16Array(length),
  u32: (length) => new Uint32Array(length),
  f64: (length) => new Float64Array(length),
};

/** Greatest number of a kind; greater ones are stored as this number. */
export const greatest: Readonly<Record<Kind, number>> = {
  u8: 255,
  u16: 65_535,
  u32: 2 ** 32 - 1,
  f64: Infinity,
};

/** Numbers of a study on which the widths of its rows depend. */
export interface RowWidths {
  readonly parameters: number;
  /** Number of objectives that the study lists; 0: it lists none. */
  readonly objectives: number;
}

export interface RowColumn {
  readonly kind: Kind;
  /** Numbers per row; default 1. A name stands for that number of the study. */
  readonly width?: 2 | keyof RowWidths;
  /** Number of a row for which nothing is known. */
  readonly empty: number;
  /**
   * The event that determines the column. A projection that was notified of the event keeps its
   * own number, and takes the lab file's otherwise.
   */
  readonly source: 'proposal' | 'outcome' | 'attempt';
  /**
   * Column of the lab file whose number is copied, as `table.column`; NULL is `empty`. Absent:
   * `storage/own-rows.ts` computes the number.
   */
  readonly stored?: `galapagos_${'trial' | 'attempt'}.${string}`;
}

/**
 * A column that shows a number among the metrics of the attempt's result. The writer of a lab file
 * adds the `stored` column to files that lack it, and readers treat a missing one as NULL. The
 * trials table of the window offers the column once a trial has the number.
 */
interface MetricColumn extends RowColumn {
  readonly kind: 'f64';
  readonly width?: never;
  readonly source: 'outcome';
  /** Name of the metric; a text, or no such metric, is NULL. */
  readonly metric: string;
  /** Symbol of the metric's unit, shown after the number. */
  readonly unit: string;
  readonly stored: `galapagos_attempt.${string}`;
}

export const rowColumns = {
  /** Index in `trialStates`. */
  state: { kind: 'u8', empty: 0, source: 'outcome' },
  /** Index in `outcomeCodes` + 1; 0: not ended. */
  outcome: { kind: 'u8', empty: 0, source: 'outcome' },
  /** The trial's value; the last report while it runs. NaN: none, failed or diverged. */
  value: { kind: 'f64', empty: NaN, source: 'outcome' },
  /** Values of the objectives that the study lists; NaN: none, failed or diverged. */
  figures: { kind: 'f64', width: 'objectives', empty: NaN, source: 'outcome' },
  generation: { kind: 'u32', empty: 0, source: 'proposal', stored: 'galapagos_trial.generation' },
  /** Number of each parent + 1; 0: none. */
  parents: { kind: 'u32', width: 2, empty: 0, source: 'proposal' },
  /** Index in the study's `operators`. */
  operator: { kind: 'u8', empty: 0, source: 'proposal' },
  /** Number of trials that ended before this one. */
  finish: { kind: 'u32', empty: NOT_ENDED, source: 'outcome' },
  /** Number of finished trials the proposal was based on; 0: unknown. */
  historyLength: { kind: 'u32', empty: 0, source: 'proposal', stored: 'galapagos_trial.basis' },
  /** Start of the last attempt, milliseconds since 1970; NaN: unknown or not started. */
  started: { kind: 'f64', empty: NaN, source: 'attempt' },
  /** End of the last attempt, milliseconds since 1970; NaN: unknown or not ended. */
  ended: { kind: 'f64', empty: NaN, source: 'outcome' },
  /** Duration of the last attempt in milliseconds; NaN: unknown. */
  took: { kind: 'f64', empty: NaN, source: 'outcome' },
  /** Index in the study's `slots` + 1; 0: none. */
  slot: { kind: 'u16', empty: 0, source: 'attempt' },
  /** Number of reports of the last attempt. */
  reports: { kind: 'u16', empty: 0, source: 'outcome' },
  /** Number of the last attempt; 255 stands for more. */
  attempts: { kind: 'u8', empty: 0, source: 'attempt', stored: 'galapagos_attempt.k' },
  /**
   * Energy that the last attempt used, in joules: power of its device, idle power included, over
   * the time of its cohort, divided among the lanes. NaN: power is unknown.
   */
  energy: {
    kind: 'f64',
    empty: NaN,
    source: 'outcome',
    stored: 'galapagos_attempt.energy',
    metric: 'energy',
    unit: 'J',
  },
  /**
   * Parameters, encoded as in `core/search-space`: of a categorical the index of the choice; NaN:
   * inactive.
   */
  params: { kind: 'f64', width: 'parameters', empty: NaN, source: 'proposal' },
} as const satisfies Readonly<Record<string, RowColumn | MetricColumn>>;

export type RowColumnName = keyof typeof rowColumns;

export type MetricName = {
  [Name in RowColumnName]: (typeof rowColumns)[Name] extends MetricColumn ? Name : never;
}[RowColumnName];

/** The columns with their names, in the order of the table. */
// Object.entries loses the names, which are the table's.
export const rowColumnList = Object.entries(rowColumns) as (readonly [RowColumnName, RowColumn])[];

/** The columns that show metrics, with their names. */
export const metricColumns = rowColumnList.filter(
  (entry): entry is readonly [MetricName, MetricColumn] => 'metric' in entry[1],
);

/**
 * Returns the number of a metric column.
 * @param metrics of an attempt's result; absent: it has none
 * @returns NaN: no such metric, or a text
 */
export function metricOf(
  { metric }: MetricColumn,
  metrics: Readonly<Record<string, number | string>> = {},
): number {
  const found = Object.hasOwn(metrics, metric) ? metrics[metric] : NaN;
  return typeof found === 'number' ? found : NaN;
}

/** An array for each column, row by row. */
export type RowArrays = {
  readonly [Name in RowColumnName]: Arrays[(typeof rowColumns)[Name]['kind']];
};

/** Rows of the trials `number`. */
export type RowBlock = RowArrays & { readonly number: Uint32Array<ArrayBuffer> };

/** Returns the numbers per row of a column. */
export function widthOf({ width }: RowColumn, widths: RowWidths): number {
  return typeof width === 'string' ? widths[width] : (width ?? 1);
}

/**
 * Returns arrays of rows for which nothing is known.
 * @param unset whether a column is filled with its empty number; not needed for a column of which
 *   the caller sets every row
 */
export function emptyArrays(
  rows: number,
  widths: RowWidths,
  unset: (column: RowColumn) => boolean = () => true,
): RowArrays {
  const arrays = rowColumnList.map(([name, column]) => {
    const array = arrayOf[column.kind](rows * widthOf(column, widths));
    return [name, column.empty !== 0 && unset(column) ? array.fill(column.empty) : array];
  });
  // The kinds are the table's.
  return Object.fromEntries(arrays) as RowArrays;
}
