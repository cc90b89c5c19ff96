/**
 * Activity of parameters: a condition holds where every named parent is active and has a listed
 * value.
 */
import type { Axis } from './axis.ts';
import type { EncodedParams } from './distribution.ts';

/** Returns whether the parameter's condition holds. Its parents must have been processed before. */
export function isActive(axis: Axis, params: EncodedParams): boolean {
  for (const { index, allowed } of axis.parents) {
    if (!allowed.includes(params[index] ?? NaN)) return false;
  }
  return true;
}

/** Sets parameters whose condition does not hold to NaN, in place. */
export function deactivate(axes: readonly Axis[], params: EncodedParams): void {
  for (const axis of axes) {
    if (axis.parents.length > 0 && !isActive(axis, params)) params[axis.index] = NaN;
  }
}
