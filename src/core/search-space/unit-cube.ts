/**
 * Between a point's values and the unit cube on which samplers work: every parameter on [0, 1],
 * logarithmic ones in ln, ints as if continuous on [low − ½, high + ½], steps and categoricals as
 * cells of equal width (a categorical's cells have no order; nothing may measure distances along
 * it).
 *
 * Decoding gives legal values only: within bounds, on steps as clean decimals, the bounds
 * themselves at 0 and 1.
 */
import { exp, log } from '../elementary.ts';
import { deactivate } from './activity.ts';
import { cellOfValue, valueOfCell } from './axis.ts';
import type { Axis } from './axis.ts';
import type { EncodedParams } from './distribution.ts';

/** An encoded value on the unit scale, 0 … 1 (a cell's centre); NaN stays NaN. */
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
 * The encoded value at a place on the unit scale; places outside [0, 1] count as its ends; NaN
 * stays NaN.
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

/** A point on the unit cube; NaN where inactive. */
export function toCube(axes: readonly Axis[], params: EncodedParams): Float64Array {
  return Float64Array.from(axes, (axis) => toUnit(axis, params[axis.index] ?? NaN));
}

/** The point at a place of the cube, with parameters whose condition does not hold set to NaN. */
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
