/**
 * Coordinates of points for the model: a number's position on its scale with its smallest value at
 * 0 and its largest at 1, a categorical's index, and a constant for an inactive parameter.
 */
import { at } from '../../at.ts';
import { cellOfValue } from '../../search-space/axis.ts';
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import { toUnit } from '../../search-space/unit-cube.ts';

const INACTIVE_CHOICE = -1;
const INACTIVE_NUMBER = 0.5;

export class Coordinates {
  readonly axes: readonly Axis[];
  readonly #coordinateOf: readonly ((value: number) => number)[];

  constructor(axes: readonly Axis[]) {
    this.axes = axes;
    this.#coordinateOf = axes.map(scaleOf);
  }

  /** Returns the coordinates of points, one row of `axes.length` numbers each. */
  rows(points: readonly EncodedParams[]): Float64Array {
    const dimensions = this.axes.length;
    const rows = new Float64Array(points.length * dimensions);
    for (const [i, point] of points.entries()) {
      for (const [d, coordinateOf] of this.#coordinateOf.entries())
        rows[i * dimensions + d] = coordinateOf(at(point, d));
    }
    return rows;
  }
}

function scaleOf(axis: Axis): (value: number) => number {
  if (axis.kind === 'categorical')
    return (value) => (Number.isNaN(value) ? INACTIVE_CHOICE : value);
  const scale = numberScale(axis);
  return (value) => (Number.isNaN(value) ? INACTIVE_NUMBER : scale(value));
}

function numberScale(axis: Axis): (value: number) => number {
  if (axis.kind === 'continuous') return (value) => toUnit(axis, value);
  if (axis.cells === 1) return () => INACTIVE_NUMBER;
  if (!axis.log) return (value) => cellOfValue(axis, value) / (axis.cells - 1);
  const low = toUnit(axis, axis.low);
  const high = toUnit(axis, axis.high);
  return (value) => (toUnit(axis, value) - low) / (high - low);
}
