/**
 * Selects the trials that the charts of Space show, and positions their parameters between 0 and 1.
 */
import { at } from '../../../core/at.ts';
import { fromUnit, toUnit } from '../../../core/search-space/unit-cube.ts';
import type { Axis } from '../../../core/search-space/axis.ts';
import type { Population } from '../../state/population.ts';
import { parameterText } from '../evolution/encoded.ts';

/** Name of the axis of values in the brush of the selection. */
export const VALUE = '#value';

/** The best trials with a value, the best first. O(size + most · log most). */
export function bestOf(population: Population, most: number): readonly number[] {
  const { table } = population;
  const numbers: number[] = [];
  for (let number = 0; number < table.size; number++)
    if (table.isFinite(number)) numbers.push(number);
  const sign = population.direction === 'maximize' ? -1 : 1;
  const by = (a: number, b: number): number => sign * (table.value(a) - table.value(b)) || a - b;
  if (numbers.length <= most) return numbers.sort(by);
  const values = Float64Array.from(numbers, (number) => sign * table.value(number)).sort();
  const threshold = at(values, most - 1);
  return numbers
    .filter((number) => sign * table.value(number) <= threshold)
    .sort(by)
    .slice(0, most);
}

/** An even sample of the trials with a value, at most `most`. */
export function sampleOf(population: Population, most: number): readonly number[] {
  const { table } = population;
  const stride = Math.max(1, Math.ceil(table.size / most));
  const numbers: number[] = [];
  for (let number = 0; number < table.size; number += stride)
    if (table.isFinite(number)) numbers.push(number);
  return numbers;
}

/** Position of a trial on an axis, 0 to 1; NaN when the parameter is not used. */
export function unitOf(population: Population, axis: Axis | null, number: number): number {
  if (axis === null) return Math.max(-0.04, Math.min(1.02, population.unitOf(number)));
  return toUnit(axis, population.table.param(number, axis.index));
}

/** Encoded value at a position on an axis; the score itself when `axis` is null. */
export function valueAt(population: Population, axis: Axis | null, unit: number): number {
  if (axis === null) return population.scale?.value(unit) ?? NaN;
  return fromUnit(axis, unit);
}

/** Labels of an axis: its choices, or a few of its numbers. */
export function axisTicks(
  axis: Axis,
  most: number,
): readonly { readonly unit: number; readonly label: string }[] {
  if (axis.kind === 'categorical' || axis.cells <= most) {
    const step = Math.max(1, Math.ceil(axis.cells / 12));
    return Array.from({ length: Math.ceil(axis.cells / step) }, (_, i) => {
      const encoded =
        axis.kind === 'categorical'
          ? i * step
          : (axis.base + i * step * axis.stride) / axis.divisor;
      return { unit: toUnit(axis, encoded), label: parameterText(axis, encoded) };
    });
  }
  const parts = Math.max(1, most - 1);
  return Array.from({ length: parts + 1 }, (_, i) => {
    const encoded = fromUnit(axis, i / parts);
    const shown = i === 0 || i === parts ? encoded : Number(encoded.toPrecision(2));
    return { unit: toUnit(axis, shown), label: parameterText(axis, shown) };
  });
}
