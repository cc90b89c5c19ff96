/**
 * Best-so-far lines of several studies on one pair of axes. Pure, in units of the axes; the page
 * chooses pixels and colours.
 */
import { at } from '../../../core/at.ts';
import type { StudyRow } from '../../../protocol/window/study-stream.ts';
import { domainOf, floorOf, scaleKindFor, valueScale } from '../../charts/scales.ts';
import type { ValueScale } from '../../charts/scales.ts';
import { endedOf } from '../../state/counts.ts';

export type Across = 'trials' | 'time';

export interface Line {
  readonly key: string;
  readonly name: string;
  /** Steps: x in trials or milliseconds; each value holds until the next x. */
  readonly points: readonly { readonly x: number; readonly value: number }[];
  /** x at which the line ends. */
  readonly last: number;
}

export interface Compared {
  readonly lines: readonly Line[];
  readonly scale: ValueScale | null;
  /** Right end of the axis. */
  readonly most: number;
  /** Excluded studies, whose values are not comparable with those of the first. */
  readonly unlike: readonly string[];
  /** Names of studies without times; the time axis excludes them. */
  readonly timeless: readonly string[];
}

export function compareStudies(rows: readonly StudyRow[], across: Across): Compared {
  const [first] = rows;
  if (first === undefined) return { lines: [], scale: null, most: 0, unlike: [], timeless: [] };
  const alike = rows.filter(
    ({ metric, split, direction }) =>
      metric === first.metric && split === first.split && direction === first.direction,
  );
  const timeless: string[] = [];
  const lines = alike.flatMap((row) => {
    const line = lineOf(row, across);
    if (line === null) timeless.push(row.name);
    return line === null ? [] : [line];
  });
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const kind = scaleKindFor(first.metric, first.direction, Math.min(...values));
  const domain = domainOf(values, first.direction, kind, null);
  return {
    lines,
    scale:
      domain === null
        ? null
        : valueScale(
            kind,
            domain.worst,
            domain.best,
            floorOf(kind, values),
            first.metric,
            first.direction,
          ),
    most: Math.max(0, ...lines.map(({ last }) => last)),
    unlike: rows.filter((row) => !alike.includes(row)).map(({ name }) => name),
    timeless,
  };
}

function lineOf({ key, name, staircase, counts }: StudyRow, across: Across): Line | null {
  const { ended, values } = staircase;
  if (across === 'trials') {
    const points = values.map((value, i) => ({ x: at(ended, i), value }));
    return { key, name, points, last: Math.max(endedOf(counts), points.at(-1)?.x ?? 0) };
  }
  const points = values.flatMap((value, i) => {
    const ms = at(staircase.activeMs, i);
    return ms === null ? [] : [{ x: ms, value }];
  });
  if (points.length < values.length) return null;
  return { key, name, points, last: points.at(-1)?.x ?? 0 };
}

export interface Setting {
  readonly name: string;
  /** One text for each study; null when it lacks the setting. */
  readonly values: readonly (string | null)[];
}

/** Settings in which the studies differ; equal settings are left out. */
export function differingSettings(studies: readonly unknown[]): readonly Setting[] {
  const flat = studies.map((study) => flattened(study));
  const names = [...new Set(flat.flatMap((each) => [...each.keys()]))];
  return names
    .map((name) => ({ name, values: flat.map((each) => each.get(name) ?? null) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}

/** Settings by path; lists and small objects, such as a parameter's range, stay whole. */
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

/**
 * Name of a network that the study contains; null when it only names one, or the network has no
 * name.
 */
function inlineName(network: unknown): string | null {
  if (typeof network !== 'object' || network === null || !('name' in network)) return null;
  return typeof network.name === 'string' ? network.name : null;
}

function isRange(value: object): boolean {
  return '$param' in value || ('type' in value && ('low' in value || 'choices' in value));
}
