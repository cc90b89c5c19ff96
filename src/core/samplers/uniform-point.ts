/**
 * Draws a point uniformly on the unit cube; consumes two words per parameter, active or not.
 */
import type { Stream } from '../random.ts';
import { deactivate } from '../search-space/activity.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { fromUnit } from '../search-space/unit-cube.ts';

export function uniformPoint(axes: readonly Axis[], stream: Stream): EncodedParams {
  const params = Float64Array.from(axes, (axis) => fromUnit(axis, stream.uniform53()));
  deactivate(axes, params);
  return params;
}
