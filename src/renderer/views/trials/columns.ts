/**
 * Columns of the trials table: names, sorting and filtering. The cells are in `TrialRow.svelte`.
 */
import type { Axis } from '../../../core/search-space/axis.ts';
import { trialStates } from '../../../protocol/window/codes.ts';
import { metricColumns } from '../../../protocol/window/row-columns.ts';
import type { MetricName } from '../../../protocol/window/row-columns.ts';
import type { TrialTable } from '../../state/trial-table.ts';
import type { Term } from './filter.ts';
import type { Condition, Numbers } from './row-order.ts';

export type ColumnName =
  | 'number'
  | 'state'
  | 'value'
  | 'curve'
  | 'parents'
  | 'time'
  | 'generation'
  | 'device'
  | 'attempts'
  | 'started'
  | 'reports'
  | MetricName
  | `objective:${string}`
  | `param:${string}`;

export interface TableColumn {
  readonly name: ColumnName;
  /** Axis of a parameter; null for other columns. */
  readonly axis: Axis | null;
  /** The metric shown and its unit; null for other columns. */
  readonly metric: { readonly name: MetricName; readonly unit: string } | null;
  /** Metric of an objective after the first and its place in the list; null for other columns. */
  readonly objective: { readonly metric: string; readonly place: number } | null;
  /** Width in px. */
  readonly width: number;
  readonly right: boolean;
  readonly sortable: boolean;
  /** True if the first click sorts in descending order. */
  readonly downFirst: boolean;
}

const fixed: readonly (readonly [ColumnName, number, boolean, boolean, boolean])[] = [
  ['number', 52, true, true, true],
  ['state', 92, false, true, false],
  ['value', 124, false, true, true],
  ['curve', 66, false, false, false],
  ['parents', 92, false, false, false],
  ['generation', 84, true, true, true],
  ['device', 84, false, true, false],
  ['attempts', 72, true, true, true],
  ['reports', 72, true, true, true],
  ['started', 92, true, true, true],
  ['time', 84, true, true, true],
];

/** Columns shown by default. */
export const FIRST_COLUMNS: readonly ColumnName[] = [
  'number',
  'state',
  'value',
  'curve',
  'parents',
  'time',
];

const PARAMETER_WIDTH = 88;
const METRIC_WIDTH = 92;

/** Name of the column of an objective. */
export function objectiveColumn(metric: string): ColumnName {
  return `objective:${metric}`;
}

/**
 * All columns in order; objectives after the value, which is the first one, parameters before the
 * time, metrics last.
 * @param metrics that at least one trial has
 * @param objectives metrics of the listed ones
 */
export function tableColumns(
  axes: readonly Axis[],
  metrics: ReadonlySet<MetricName> = new Set(),
  objectives: readonly string[] = [],
): TableColumn[] {
  const columns = fixed.map(([name, width, right, sortable, downFirst]) => ({
    name,
    axis: null,
    metric: null,
    objective: null,
    width,
    right,
    sortable,
    downFirst,
  }));
  const parameters = axes.map((axis) => ({
    name: `param:${axis.name}` as const,
    axis,
    metric: null,
    objective: null,
    width: nameWidth(axis.name),
    right:
      axis.distribution.type !== 'categorical' ||
      axis.distribution.choices.every((choice) => typeof choice === 'number'),
    sortable: true,
    downFirst: false,
  }));
  const measured = metricColumns
    .filter(([name]) => metrics.has(name))
    .map(([name, { unit }]) => ({
      name,
      axis: null,
      metric: { name, unit },
      objective: null,
      width: METRIC_WIDTH,
      right: true,
      sortable: true,
      downFirst: true,
    }));
  const further = objectives.slice(1).map((metric, i) => ({
    name: objectiveColumn(metric),
    axis: null,
    metric: null,
    objective: { metric, place: i + 1 },
    width: nameWidth(metric),
    right: true,
    sortable: true,
    downFirst: true,
  }));
  const [before, behind] = [columns.slice(0, 3), columns.slice(3, 5)];
  return [...before, ...further, ...behind, ...parameters, ...columns.slice(5), ...measured];
}

function nameWidth(name: string): number {
  return Math.max(PARAMETER_WIDTH, name.length * 7.2 + 16);
}

function isMetric(name: ColumnName): name is MetricName {
  return metricColumns.some(([metric]) => metric === name);
}

/** Undefined when the column is not numeric; null for the trial number itself. */
export function numbersOf(
  table: TrialTable,
  { name, axis, objective }: TableColumn,
): Numbers | null | undefined {
  const { columns, width } = table;
  if (objective !== null) return figuresOf(table, objective.place);
  const plain = (column: Numbers['column']): Numbers => ({
    column: column.subarray(0, table.size),
    width: 1,
    place: 0,
  });
  if (axis !== null)
    return { column: columns.params.subarray(0, table.size * width), width, place: axis.index };
  if (isMetric(name)) return plain(columns[name]);
  switch (name) {
    case 'number':
      return null;
    case 'state':
      return plain(columns.state);
    case 'value':
      return plain(columns.value);
    case 'generation':
      return plain(columns.generation);
    case 'device':
      return plain(columns.slot);
    case 'attempts':
      return plain(columns.attempts);
    case 'reports':
      return plain(columns.reports);
    case 'started':
      return plain(columns.started);
    case 'time':
      return plain(columns.took);
    case 'curve':
    case 'parents':
    default:
      return undefined;
  }
}

function figuresOf({ columns, size, objectives }: TrialTable, place: number): Numbers {
  return { column: columns.figures.subarray(0, size * objectives), width: objectives, place };
}

/**
 * Numbers that a brushed axis compares: `#number`, `#value`, or a parameter's name; null when there
 * is no such axis.
 */
export function brushedNumbers(
  table: TrialTable,
  columns: readonly TableColumn[],
  axis: string,
): Numbers | null {
  if (axis === '#number')
    return { column: Uint32Array.from({ length: table.size }, (_, i) => i), width: 1, place: 0 };
  const column = columns.find(
    ({ name }) => name === (axis === '#value' ? 'value' : `param:${axis}`),
  );
  return (column === undefined ? null : numbersOf(table, column)) ?? null;
}

/**
 * Converts terms to conditions over the table's columns. Words match a choice, a state, an operator
 * or a trial's number.
 * @param metrics names of the value and of the objectives after the first
 */
export function conditionsOf(
  terms: readonly Term[],
  table: TrialTable,
  axes: readonly Axis[],
  operators: readonly string[],
  metrics: readonly string[],
): Condition[] {
  const { columns, width, size } = table;
  const param = (axis: Axis): Numbers => ({
    column: columns.params.subarray(0, size * width),
    width,
    place: axis.index,
  });
  const plain = (column: Numbers['column']): Numbers => ({
    column: column.subarray(0, size),
    width: 1,
    place: 0,
  });
  const numbers = Uint32Array.from({ length: terms.length === 0 ? 0 : size }, (_, i) => i);
  return terms.map((term): Condition => {
    if (term.kind === 'compare') {
      const axis = axes.find((each) => each.name === term.column);
      const place = metrics.indexOf(term.column);
      const found =
        axis !== undefined
          ? param(axis)
          : place > 0
            ? figuresOf(table, place)
            : plain(place === 0 ? columns.value : numbers);
      return { kind: 'compare', numbers: found, operator: term.operator, value: term.value };
    }
    const { word, column, not } = term;
    const choices = axes
      .filter(({ name }) => column === null || name === column)
      .flatMap((axis) =>
        axis.distribution.type !== 'categorical'
          ? []
          : axis.distribution.choices.flatMap((choice, value) =>
              String(choice).toLowerCase() === word ? [{ numbers: param(axis), value }] : [],
            ),
      );
    if (column !== null) return { kind: 'any', of: choices, not };
    const states = trialStates.flatMap((state, value) =>
      state === word ? [{ numbers: plain(columns.state), value }] : [],
    );
    const made = operators.flatMap((operator, value) =>
      operator.includes(word) ? [{ numbers: plain(columns.operator), value }] : [],
    );
    const number = /^#?\d+$/.test(word)
      ? [{ numbers: plain(numbers), value: Number(word.replace('#', '')) }]
      : [];
    return { kind: 'any', of: [...choices, ...states, ...made, ...number], not };
  });
}
