/**
 * Completes a point of which a person gave some parameters: the others are drawn uniformly, and
 * those that decide whether a given parameter is active take only values with which it is.
 */
import type { Stream } from '../random.ts';
import { isActive } from './activity.ts';
import { encodeValue } from './axis.ts';
import type { Axis } from './axis.ts';
import type { Params } from './distribution.ts';
import { toParams } from './params.ts';
import { fromUnit } from './unit-cube.ts';

/**
 * Consumes two words per parameter, given or not. Values that are not in the search space are
 * returned as given, for `encodeParams` to refuse.
 */
export function completeParams(axes: readonly Axis[], given: Params, stream: Stream): Params {
  const allowed = allowedParents(axes, given);
  const point = new Float64Array(axes.length).fill(NaN);
  for (const axis of axes) {
    const unit = stream.uniform53();
    if (!isActive(axis, point)) continue;
    const value = Object.hasOwn(given, axis.name) ? given[axis.name] : undefined;
    const choices = allowed.get(axis.index);
    if (value !== undefined) point[axis.index] = encodeValue(axis, value);
    else if (choices === undefined) point[axis.index] = fromUnit(axis, unit);
    else point[axis.index] = choices[Math.floor(unit * choices.length)] ?? fromUnit(axis, unit);
  }
  return { ...toParams(axes, point), ...given };
}

/** Encoded values, by axis, with which every given parameter is active. */
function allowedParents(axes: readonly Axis[], given: Params): Map<number, readonly number[]> {
  const allowed = new Map<number, readonly number[]>();
  // Parents are declared before their children.
  for (const axis of [...axes].reverse()) {
    if (!Object.hasOwn(given, axis.name) && !allowed.has(axis.index)) continue;
    for (const parent of axis.parents) {
      const before = allowed.get(parent.index) ?? parent.allowed;
      allowed.set(
        parent.index,
        before.filter((value) => parent.allowed.includes(value)),
      );
    }
  }
  return allowed;
}
