/**
 * Corners of a search space: configurations in which every structural parameter has an extreme
 * value.
 */
import { extremesOf } from '../models/extremes.ts';
import type { Params, ParamValue, SearchSpaceLike } from './objective.ts';

/** Maximum number of corners; a larger space is sampled evenly. */
const MOST_CORNERS = 1024;
const GOLDEN_RATIO = 0.6180339887498949;

/**
 * Returns the corners; parameters whose condition does not hold are absent.
 * @param structural parameters that take every extreme value, together with those that others
 *   depend on; the rest take their first value
 * @param mentioned further values of numeric parameters to include
 */
export function corners(
  space: SearchSpaceLike,
  structural: ReadonlySet<string>,
  mentioned: ReadonlyMap<string, ReadonlySet<ParamValue>>,
): Params[] {
  const decisive = new Set(structural);
  for (const { when = {} } of Object.values(space))
    for (const parent of Object.keys(when)) decisive.add(parent);
  const axes = Object.keys(space).map((name) => {
    const values = extremes(space, name, mentioned.get(name) ?? []);
    return { name, values: decisive.has(name) ? values : values.slice(0, 1) };
  });
  const count = axes.reduce((product, { values }) => product * Math.max(1, values.length), 1);
  return ordinals(count).map((ordinal) => {
    const params: Record<string, ParamValue> = {};
    let rest = ordinal;
    for (const { name, values } of axes) {
      const value = values[rest % values.length];
      rest = Math.floor(rest / Math.max(1, values.length));
      if (value !== undefined && isThere(space, name, params)) params[name] = value;
    }
    return params;
  });
}

/** Returns 0 … count − 1, or the first, the last and evenly spaced others. */
function ordinals(count: number): number[] {
  if (count <= MOST_CORNERS) return Array.from({ length: count }, (_, i) => i);
  const between = Array.from({ length: MOST_CORNERS - 2 }, (_, i) =>
    Math.floor((((i + 1) * GOLDEN_RATIO) % 1) * count),
  );
  return [0, count - 1, ...between];
}

/** Choices, or bounds together with the values that conditions name. */
function extremes(
  space: SearchSpaceLike,
  name: string,
  mentioned: Iterable<ParamValue>,
): readonly ParamValue[] {
  const distribution = space[name];
  if (distribution === undefined) return [];
  const least = extremesOf(distribution);
  if (distribution.type === 'categorical') return least;
  const { low, high } = distribution;
  const named = Object.values(space).flatMap(({ when }) => when?.[name] ?? []);
  const within = [...named, ...mentioned].filter(
    (value) => typeof value === 'number' && value >= low && value <= high,
  );
  return [...new Set([...least, ...within])];
}

/** Returns whether the parameter's condition holds. Parents precede their children. */
function isThere(space: SearchSpaceLike, name: string, params: Params): boolean {
  return Object.entries(space[name]?.when ?? {}).every(([parent, values]) => {
    const value = params[parent];
    return value !== undefined && values.includes(value);
  });
}
