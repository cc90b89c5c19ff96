/**
 * Checks a point that was read from a file: reports values that its search space cannot produce.
 */
import { isActive } from './activity.ts';
import { cellOfValue, valueOfCell } from './axis.ts';
import type { Axis } from './axis.ts';
import type { EncodedParams } from './distribution.ts';

export interface PointProblem {
  readonly parameter: string;
  readonly expected: string;
  readonly found: string;
}

/** Returns the problems in declaration order; empty if the search space can produce the point. */
export function pointProblems(axes: readonly Axis[], point: EncodedParams): PointProblem[] {
  return axes.flatMap((axis) => {
    const value = point[axis.index] ?? NaN;
    const expected = isActive(axis, point) ? expectedValue(axis) : null;
    if (expected === null ? Number.isNaN(value) : isValue(axis, value)) return [];
    return [
      {
        parameter: axis.name,
        expected: expected ?? 'no value, since its condition is not met',
        found: Number.isNaN(value) ? 'no value' : String(value),
      },
    ];
  });
}

/** Returns whether the parameter can take the encoded value. */
export function isValue(axis: Axis, value: number): boolean {
  if (Number.isNaN(value) || value < axis.low || value > axis.high) return false;
  return axis.kind === 'continuous' || valueOfCell(axis, cellOfValue(axis, value)) === value;
}

/** Describes the encoded values of a parameter. */
export function expectedValue({ kind, low, high, cells, distribution }: Axis): string {
  if (kind === 'categorical') return `the index of one of ${cells} choices`;
  return `${distribution.type === 'int' ? 'an integer' : 'a number'} from ${low} to ${high}`;
}
