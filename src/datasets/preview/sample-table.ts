/** The first rows of a dataset without pictures. */
import type { ColumnNames } from '../import/importing.ts';
import type { SampleSource } from './sample-source.ts';

export interface SampleTable {
  /** Names of the first features; numbers from 1 where the source has no names. */
  readonly features: readonly string[];
  /** Number of features. */
  readonly of: number;
  /** Names of the targets. Empty: classification. */
  readonly targets: readonly string[];
  /** Name of the class column; null: regression, or a source without column names. */
  readonly label: string | null;
  /**
   * Every column that can be predicted, the predicted ones last; empty: the source has no such
   * columns.
   */
  readonly choices: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** Rounded for display, as `targets` are. */
  readonly values: readonly number[];
  /** Null: regression. */
  readonly class: number | null;
  readonly targets: readonly number[];
}

const ROWS = 10;
const FEATURES = 24;

export async function sampleTable(
  source: SampleSource,
  {
    features,
    targets,
    samples,
    columns,
  }: { features: number; targets: number; samples: number; columns: ColumnNames | null },
): Promise<SampleTable> {
  const count = Math.min(ROWS, samples);
  const classes = targets > 0 ? [] : await firstLabels(source, count);
  const rows: TableRow[] = [];
  for (let row = 0; row < count; row++) {
    const values = await source.values(row);
    rows.push({
      values: Array.from(values.subarray(0, FEATURES), rounded),
      class: classes[row] ?? null,
      targets: targets > 0 ? Array.from(await source.targets(row), rounded) : [],
    });
  }
  const numbers = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i + 1));
  return {
    features: (columns?.features ?? numbers(features)).slice(0, FEATURES),
    of: features,
    targets: columns?.targets ?? numbers(targets),
    label: columns?.label ?? null,
    choices:
      columns === null
        ? []
        : [
            ...columns.features,
            ...columns.targets,
            ...(columns.label === null ? [] : [columns.label]),
          ],
    rows,
  };
}

/**
 * Six significant digits: those that a float32 keeps of a decimal number (5.1 is stored as
 * 5.099999904632568). Whole numbers stay exact.
 */
function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(6));
}

async function firstLabels(source: SampleSource, count: number): Promise<number[]> {
  const labels: number[] = [];
  for await (const run of source.labels()) {
    labels.push(...Array.from(run).slice(0, count - labels.length));
    if (labels.length === count) break;
  }
  return labels;
}
