/**
 * An axis: a parameter prepared for computation, with encoded values and resolved parents. Built
 * once per search space, which must have passed `check.ts`. `unit-cube.ts` maps values to the unit
 * scale.
 */
import type { Distribution, ParamValue, SearchSpace } from './distribution.ts';

/** Condition on one parent. */
interface ParentRule {
  /** Index of the parent in declaration order. */
  readonly index: number;
  /** Encoded values of the parent for which the parameter is active. */
  readonly allowed: readonly number[];
}

export interface Axis {
  readonly name: string;
  /** Index in declaration order. */
  readonly index: number;
  readonly distribution: Distribution;
  /** `ordinal`: ints and stepped floats. */
  readonly kind: 'continuous' | 'ordinal' | 'categorical';
  readonly log: boolean;
  /** Smallest encoded value. */
  readonly low: number;
  /** Largest encoded value that can occur; on a step, so it may be below the declared bound. */
  readonly high: number;
  /** Number of possible values; Infinity if continuous. */
  readonly cells: number;
  /** Value of cell k = (base + k · stride) / divisor. Rounds once, so that 0.1 · 3 is 0.3. */
  readonly base: number;
  readonly stride: number;
  readonly divisor: number;
  readonly parents: readonly ParentRule[];
}

/** Returns the parameters of a space in declaration order. */
export function axesOf(space: SearchSpace): readonly Axis[] {
  const axes: Axis[] = [];
  const indexOf = new Map<string, number>();
  for (const [name, distribution] of Object.entries(space)) {
    const parents: ParentRule[] = [];
    for (const [parentName, values] of Object.entries(distribution.when ?? {})) {
      const parent = axes[indexOf.get(parentName) ?? -1];
      if (parent === undefined)
        throw new RangeError(`${name} depends on ${parentName}, which is not declared before it`);
      parents.push({
        index: parent.index,
        allowed: values
          .map((value) => encodeValue(parent, value))
          .filter((value) => !Number.isNaN(value)),
      });
    }
    indexOf.set(name, axes.length);
    axes.push({ name, index: axes.length, distribution, ...numbering(distribution), parents });
  }
  return axes;
}

/** Value of a cell, 0 ≤ cell < cells. Not for continuous axes. */
export function valueOfCell(axis: Axis, cell: number): number {
  return Math.min(axis.high, (axis.base + cell * axis.stride) / axis.divisor);
}

/** Cell nearest to an encoded value. Not for continuous axes. */
export function cellOfValue(axis: Axis, value: number): number {
  const cell = Math.round((value * axis.divisor - axis.base) / axis.stride);
  return Math.max(0, Math.min(axis.cells - 1, cell));
}

/**
 * Encodes a written value and moves it to the nearest step; NaN if the parameter cannot take it.
 */
export function encodeValue(axis: Axis, value: ParamValue): number {
  if (axis.distribution.type === 'categorical') {
    const index = axis.distribution.choices.indexOf(value);
    return index < 0 ? NaN : index;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return NaN;
  if (axis.kind === 'continuous') return value < axis.low || value > axis.high ? NaN : value;
  const nearest = valueOfCell(axis, cellOfValue(axis, value));
  const slack = axis.distribution.type === 'int' ? 0 : 1e-9 * (axis.stride / axis.divisor);
  return Math.abs(nearest - value) <= slack ? nearest : NaN;
}

function numbering(
  distribution: Distribution,
): Pick<Axis, 'kind' | 'log' | 'low' | 'high' | 'cells' | 'base' | 'stride' | 'divisor'> {
  if (distribution.type === 'categorical') {
    const cells = distribution.choices.length;
    return {
      kind: 'categorical',
      log: false,
      low: 0,
      high: cells - 1,
      cells,
      base: 0,
      stride: 1,
      divisor: 1,
    };
  }
  const { low, high, log = false } = distribution;
  const step = distribution.step ?? (distribution.type === 'int' ? 1 : undefined);
  if (step === undefined)
    return {
      kind: 'continuous',
      log,
      low,
      high,
      cells: Infinity,
      base: low,
      stride: 0,
      divisor: 1,
    };
  const { base, stride, divisor, last } = decimalSteps(low, high, step);
  return {
    kind: 'ordinal',
    log,
    low,
    high: Math.min(high, (base + last * stride) / divisor),
    cells: last + 1,
    base,
    stride,
    divisor,
  };
}

/**
 * Expresses steps in units of the last decimal place used by low, high or step, where float64 is
 * exact.
 */
function decimalSteps(
  low: number,
  high: number,
  step: number,
): { base: number; stride: number; divisor: number; last: number } {
  const places = Math.max(decimalPlaces(low), decimalPlaces(high), decimalPlaces(step));
  const divisor = places <= 22 ? Number(`1e${places}`) : Infinity;
  const [base, top, stride] = [
    Math.round(low * divisor),
    Math.round(high * divisor),
    Math.round(step * divisor),
  ];
  if (
    [base, top, stride].every((value) => Number.isSafeInteger(value)) &&
    Number.isSafeInteger(top - base)
  ) {
    return { base, stride, divisor, last: Math.floor((top - base) / stride) };
  }
  return {
    base: low,
    stride: step,
    divisor: 1,
    last: Math.floor(((high - low) / step) * (1 + 1e-12)),
  };
}

function decimalPlaces(x: number): number {
  const [mantissa = '', exponent = '0'] = String(x).split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}
