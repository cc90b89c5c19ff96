/**
 * Maps points to the unit cube on which samplers work, and back. Every parameter is on [0, 1]:
 * logarithmic ones in ln, ints as if continuous on [low − ½, high + ½], steps and categoricals as
 * cells of equal width. A categorical's cells have no order, so distances along it are meaningless.
 *
 * Decoding returns legal values only: within bounds, on steps as exact decimals, and the bounds
 * themselves at 0 and 1.
 */
import { exp, log } from '../elementary.ts';
import { deactivate } from './activity.ts';
import { cellOfValue, valueOfCell } from './axis.ts';
import type { Axis } from './axis.ts';
import type { EncodedParams } from './distribution.ts';

/**
 * Position of an encoded value on the unit scale, 0 … 1 (the centre of its cell); NaN stays NaN.
 */
export function toUnit(axis: Axis, value: number): number {
  if (Number.isNaN(value)) return NaN;
  if (axis.kind === 'continuous') {
    if (axis.high === axis.low) return 0.5;
    const unit = axis.log
      ? (log(value) - log(axis.low)) / (log(axis.high) - log(axis.low))
      : (value - axis.low) / (axis.high - axis.low);
    return Math.max(0, Math.min(1, unit));
  }
  if (axis.log)
    return (log(value) - log(axis.low - 0.5)) / (log(axis.high + 0.5) - log(axis.low - 0.5));
  return (cellOfValue(axis, value) + 0.5) / axis.cells;
}

/**
 * Encoded value at a position on the unit scale. Positions outside [0, 1] are clamped; NaN stays
 * NaN.
 */
export function fromUnit(axis: Axis, unit: number): number {
  if (Number.isNaN(unit)) return NaN;
  if (axis.kind !== 'continuous') return valueOfCell(axis, cellAt(axis, unit));
  if (unit <= 0) return axis.low;
  if (unit >= 1) return axis.high;
  const value = axis.log
    ? exp(log(axis.low) + unit * (log(axis.high) - log(axis.low)))
    : axis.low + unit * (axis.high - axis.low);
  return Math.max(axis.low, Math.min(axis.high, value));
}

/** Maps a point to the unit cube; NaN where inactive. */
export function toCube(axes: readonly Axis[], params: EncodedParams): Float64Array {
  return Float64Array.from(axes, (axis) => toUnit(axis, params[axis.index] ?? NaN));
}

/** Maps a position of the cube to a point, with inactive parameters set to NaN. */
export function fromCube(axes: readonly Axis[], cube: Float64Array): EncodedParams {
  const params = Float64Array.from(axes, (axis) => fromUnit(axis, cube[axis.index] ?? NaN));
  deactivate(axes, params);
  return params;
}

function cellAt(axis: Axis, unit: number): number {
  if (!axis.log) return Math.max(0, Math.min(axis.cells - 1, Math.floor(unit * axis.cells)));
  const low = log(axis.low - 0.5);
  return cellOfValue(axis, Math.round(exp(low + unit * (log(axis.high + 0.5) - low))));
}
