/**
 * Turns brushed ranges of a study into a new study with a history of its own; `edit-search.ts`
 * changes the ranges of the same study. Pure.
 */
import { axesOf, cellOfValue, encodeValue, valueOfCell } from '../../core/search-space/axis.ts';
import type { Axis } from '../../core/search-space/axis.ts';
import type {
  Distribution,
  ParamValue,
  SearchSpace,
} from '../../core/search-space/distribution.ts';
import type { StudyFile } from '../../protocol/study-file.ts';
import type { Range } from './selection.svelte.ts';

type Brush = ReadonlyMap<string, Range>;

/** Number of steps in a range to which its ends are rounded. */
const FINE = 100;

/**
 * The search space of the brushed ranges. A parameter whose condition can no longer hold is
 * removed, as are its children.
 * @returns null when the ranges exclude nothing
 */
export function narrowedSpace(space: SearchSpace, brush: Brush): SearchSpace | null {
  const kept = new Map<string, { distribution: Distribution; axis: Axis }>();
  let narrower = false;
  for (const axis of axesOf(space)) {
    const when = conditionIn(axis.distribution.when, (parent) => kept.get(parent)?.axis);
    if (when === null) {
      narrower = true;
      continue;
    }
    const range = brush.get(axis.name);
    const within = range === undefined ? axis.distribution : distributionIn(axis, range);
    narrower ||= JSON.stringify(within) !== JSON.stringify(axis.distribution);
    const distribution = when === undefined ? within : { ...within, when };
    const [alone] = axesOf({ [axis.name]: { ...within, when: undefined } });
    if (alone !== undefined) kept.set(axis.name, { distribution, axis: alone });
  }
  return narrower
    ? Object.fromEntries([...kept].map(([name, { distribution }]) => [name, distribution]))
    : null;
}

/** The study with those ranges, otherwise unchanged; null when they exclude nothing. */
export function narrowedStudy(
  study: StudyFile,
  brush: Brush,
  { name, trials }: { name: string; trials: number },
): StudyFile | null {
  const space = narrowedSpace(study.searchSpace, brush);
  if (space === null) return null;
  const axes = new Map(axesOf(space).map((axis) => [axis.name, axis]));
  const objective = possible(study.objective, axes) as StudyFile['objective'];
  return {
    ...study,
    name,
    objective,
    searchSpace: space as StudyFile['searchSpace'],
    stop: { ...study.stop, trials },
  };
}

/**
 * Values of the condition that the parent can still take; null when there is none; undefined
 * without a condition.
 */
function conditionIn(
  when: Distribution['when'],
  parentOf: (name: string) => Axis | undefined,
): Distribution['when'] | null {
  if (when === undefined) return undefined;
  const entries: [string, ParamValue[]][] = [];
  for (const [parent, values] of Object.entries(when)) {
    const axis = parentOf(parent);
    const left =
      axis === undefined ? [] : values.filter((value) => !Number.isNaN(encodeValue(axis, value)));
    if (left.length === 0) return null;
    entries.push([parent, left]);
  }
  return Object.fromEntries(entries);
}

function distributionIn(axis: Axis, range: Range): Distribution {
  const { distribution } = axis;
  if (axis.kind === 'continuous') {
    if (distribution.type === 'categorical') return distribution;
    // A brush may lie outside the range, where an edit of the search has narrowed it.
    const within = (end: number): number => Math.max(axis.low, Math.min(axis.high, end));
    return { ...distribution, ...endsOf(axis, within(range.low), within(range.high)) };
  }
  const first = Math.min(cellFrom(axis, range.low), cellOfValue(axis, range.high));
  const last = Math.max(
    first,
    cellOfValue(axis, range.high) -
      (valueOfCell(axis, cellOfValue(axis, range.high)) > range.high ? 1 : 0),
  );
  if (distribution.type === 'categorical')
    return { ...distribution, choices: distribution.choices.slice(first, last + 1) };
  // When nothing is cut off, the declared end stays as written, on a step or not.
  const high = last === axis.cells - 1 ? distribution.high : valueOfCell(axis, last);
  return { ...distribution, low: valueOfCell(axis, first), high };
}

/** The first cell that is not below a value. */
function cellFrom(axis: Axis, value: number): number {
  const cell = cellOfValue(axis, value);
  return valueOfCell(axis, cell) < value ? Math.min(axis.cells - 1, cell + 1) : cell;
}

/**
 * Rounds the ends outwards to as few digits as distinguish them, so that brushed trials stay
 * inside.
 */
function endsOf(axis: Axis, low: number, high: number): { low: number; high: number } {
  if (low >= high) return { low: high, high };
  const rounded = (end: number, round: (x: number) => number): number => {
    const unit = unitOf(axis.log ? Math.min(end, high - low) : high - low);
    const steps = end / unit;
    const near = Math.round(steps);
    return Number(((Math.abs(near - steps) < 1e-6 ? near : round(steps)) * unit).toPrecision(12));
  };
  return {
    low: Math.max(axis.low, rounded(low, Math.floor)),
    high: Math.min(axis.high, rounded(high, Math.ceil)),
  };
}

function unitOf(size: number): number {
  return 10 ** Math.floor(Math.log10(size)) / FINE;
}

/**
 * Removes values from conditions that a parameter can no longer take, because a study with a
 * condition that never holds is invalid.
 */
function possible(value: unknown, axes: ReadonlyMap<string, Axis>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each: unknown) => possible(each, axes));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]: [string, unknown]) => [
      name,
      name === 'when' && isCondition(each) ? conditionLeft(each, axes) : possible(each, axes),
    ]),
  );
}

function conditionLeft(
  when: Readonly<Record<string, readonly ParamValue[]>>,
  axes: ReadonlyMap<string, Axis>,
): object {
  return Object.fromEntries(
    Object.entries(when).map(([parent, values]) => {
      const axis = axes.get(parent);
      return [
        parent,
        axis === undefined
          ? values
          : values.filter((value) => !Number.isNaN(encodeValue(axis, value))),
      ];
    }),
  );
}

function isCondition(value: unknown): value is Readonly<Record<string, readonly ParamValue[]>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((values) => Array.isArray(values))
  );
}
