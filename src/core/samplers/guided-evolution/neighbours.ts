/** Neighbours of a point: copies with one parameter changed, in the order of declaration. */
import { cellOfValue, valueOfCell } from '../../search-space/axis.ts';
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import { fromUnit, toUnit } from '../../search-space/unit-cube.ts';
import { at } from '../../at.ts';
import { reflected, settle } from '../breeding.ts';
import type { Draws } from '../breeding.ts';

/** Largest number of cells of an ordinal whose other cells are all neighbours. */
const MOST_LISTED = 12;

/** @param scale standard deviation of the steps of continuous parameters, on the unit scale */
export function neighboursOf(
  axes: readonly Axis[],
  point: EncodedParams,
  scale: number,
  draws: Draws,
): EncodedParams[] {
  const neighbours: EncodedParams[] = [];
  for (const axis of axes) {
    const value = at(point, axis.index);
    if (Number.isNaN(value)) continue;
    for (const other of othersOf(axis, value, scale, draws)) {
      const neighbour = point.slice();
      neighbour[axis.index] = other;
      settle(axes, neighbour, draws);
      neighbours.push(neighbour);
    }
  }
  return neighbours;
}

function othersOf(axis: Axis, value: number, scale: number, draws: Draws): number[] {
  if (axis.kind === 'continuous') {
    const unit = toUnit(axis, value);
    return [scale, scale / 4].map((sd) => fromUnit(axis, reflected(unit + sd * draws.normal())));
  }
  const cell = cellOfValue(axis, value);
  const cells =
    axis.kind === 'categorical' || axis.cells <= MOST_LISTED
      ? Array.from({ length: axis.cells }, (_, other) => other)
      : [
          ...[-2, -1, 1, 2].map((step) => cell + step),
          Math.floor(cell + scale * axis.cells * draws.normal() + 0.5),
        ];
  return cells
    .filter((other) => other >= 0 && other < axis.cells && other !== cell)
    .map((other) => valueOfCell(axis, other));
}
