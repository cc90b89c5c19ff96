/**
 * Best-so-far lines of several studies on one pair of axes. Pure: what is drawn where, in units;
 * pixels and colours are the page's.
 */
import type { StudyRow } from '../../../protocol/window/study-stream.ts';
import { domainOf, floorOf, scaleKindFor, valueScale } from '../../charts/scales.ts';
import type { ValueScale } from '../../charts/scales.ts';
import { endedOf } from '../../state/counts.ts';

export type Across = 'trials' | 'time';

export interface Line {
  readonly key: string;
  readonly name: string;
  /** x in trials or milliseconds, y a value; holds until the next. */
  readonly points: readonly { readonly x: number; readonly value: number }[];
  /** Where it ends. */
  readonly last: number;
}

export interface Compared {
  readonly lines: readonly Line[];
  readonly scale: ValueScale | null;
  /** The right end of the axis. */
  readonly most: number;
  /** Studies whose values mean something else than the first one's; they are left out. */
  readonly unlike: readonly string[];
  /** Studies without a time, by name; left out of the time axis. */
  readonly timeless: readonly string[];
}

export function compareStudies(rows: readonly StudyRow[], across: Across): Compared {
  const [first] = rows;
  if (first === undefined) return { lines: [], scale: null, most: 0, unlike: [], timeless: [] };
  const alike = rows.filter(
    ({ measure, split, direction }) =>
      measure === first.measure && split === first.split && direction === first.direction,
  );
  const timeless: string[] = [];
  const lines = alike.flatMap((row) => {
    const line = lineOf(row, across);
    if (line === null) timeless.push(row.name);
    return line === null ? [] : [line];
  });
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const kind = scaleKindFor(first.measure, first.direction, Math.min(...values));
  const domain = domainOf(values, first.direction, kind, null);
  return {
    lines,
    scale:
      domain === null
        ? null
        : valueScale(kind, domain.worst, domain.best, floorOf(kind, values), first.measure),
    most: Math.max(0, ...lines.map(({ last }) => last)),
    unlike: rows.filter((row) => !alike.includes(row)).map(({ name }) => name),
    timeless,
  };
}

function lineOf({ key, name, staircase, counts }: StudyRow, across: Across): Line | null {
  const { ended, values } = staircase;
  if (across === 'trials') {
    const points = values.map((value, i) => ({ x: ended[i] ?? 0, value }));
    return { key, name, points, last: Math.max(endedOf(counts), points.at(-1)?.x ?? 0) };
  }
  const points = values.flatMap((value, i) => {
    const at = staircase.activeMs[i];
    return at === null || at === undefined ? [] : [{ x: at, value }];
  });
  if (points.length < values.length) return null;
  return { key, name, points, last: points.at(-1)?.x ?? 0 };
}

export interface Setting {
  readonly name: string;
  /** One a study, as text; null: it has no such setting. */
  readonly values: readonly (string | null)[];
}

/** Settings in which studies differ; what all share is left out. */
export function differingSettings(studies: readonly unknown[]): readonly Setting[] {
  const flat = studies.map((study) => flattened(study));
  const names = [...new Set(flat.flatMap((each) => [...each.keys()]))];
  return names
    .map((name) => ({ name, values: flat.map((each) => each.get(name) ?? null) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}

/** Leaves by their path; lists and small objects such as a parameter's range stay whole. */
function flattened(
  value: unknown,
  path = '',
  into = new Map<string, string>(),
): Map<string, string> {
  const named = path === 'objective.network' ? inlineName(value) : null;
  if (named !== null) into.set(path, named);
  const whole =
    typeof value !== 'object' || value === null || Array.isArray(value) || isRange(value);
  if (whole) {
    if (path !== '') into.set(path, typeof value === 'string' ? value : JSON.stringify(value));
    return into;
  }
  for (const [name, each] of Object.entries(value))
    flattened(each, path === '' ? name : `${path}.${name}`, into);
  return into;
}

/** The name of a network that is described in the study; null: it is named only, or has no name. */
function inlineName(network: unknown): string | null {
  if (typeof network !== 'object' || network === null || !('name' in network)) return null;
  return typeof network.name === 'string' ? network.name : null;
}

function isRange(value: object): boolean {
  return '$param' in value || ('type' in value && ('low' in value || 'choices' in value));
}
