/**
 * The space on which CMA-ES searches. Numbers are coordinates on [0, 1], continuous ones first,
 * then ordinals with three or more values; the rest is categorical, two values included, as the
 * authors of CatCMA with Margin recommend. Parameters with one value are no part of it.
 */
import { at } from '../../at.ts';
import { deactivate } from '../../search-space/activity.ts';
import { valueOfCell } from '../../search-space/axis.ts';
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import { fromUnit, toUnit } from '../../search-space/unit-cube.ts';

/** Values of an ordinal on [0, 1]: the first is at 0, the last at 1. */
export interface Ladder {
  readonly cells: number;
  /** Position of a cell, ascending. */
  readonly position: (cell: number) => number;
}

export interface MixedSpace {
  /** Number of continuous coordinates. */
  readonly continuous: number;
  readonly ladders: readonly Ladder[];
  /** Number of choices of each categorical. */
  readonly choices: readonly number[];
}

/** A sample of the distribution. */
export interface Sample {
  /** Coordinates before clipping and rounding; NaN where the parameter is inactive. */
  readonly raw: Float64Array;
  /** Index of each categorical's choice; NaN where the parameter is inactive. */
  readonly chosen: Float64Array;
}

/** Position of the boundary between a cell and the next one. */
export function boundary({ position }: Ladder, cell: number): number {
  return (position(cell) + position(cell + 1)) / 2;
}

/** Cell of a coordinate: the number of boundaries below it. */
export function cellAt(ladder: Ladder, coordinate: number): number {
  let [low, high] = [0, ladder.cells - 1];
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    // Beyond 2⁵³ the numbers between two others may round to these.
    if (middle === high || middle + 1 === low) return middle;
    if (boundary(ladder, middle) < coordinate) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Translates between a search space and the space of the distribution. */
export class Translation {
  readonly space: MixedSpace;
  readonly #axes: readonly Axis[];
  readonly #continuous: readonly Axis[];
  readonly #ordinal: readonly Axis[];
  readonly #categorical: readonly Axis[];

  constructor(axes: readonly Axis[]) {
    const free = axes.filter(({ low, high }) => low !== high);
    this.#axes = axes;
    this.#continuous = free.filter(({ kind }) => kind === 'continuous');
    this.#ordinal = free.filter(({ kind, cells }) => kind === 'ordinal' && cells > 2);
    this.#categorical = free.filter(
      ({ kind, cells }) => kind === 'categorical' || (kind === 'ordinal' && cells === 2),
    );
    this.space = {
      continuous: this.#continuous.length,
      ladders: this.#ordinal.map(ladderOf),
      choices: this.#categorical.map(({ cells }) => cells),
    };
  }

  /** Number of numeric coordinates. */
  get numeric(): number {
    return this.#continuous.length + this.#ordinal.length;
  }

  /** Returns the point of a sample: clipped to the bounds, rounded to the nearest values. */
  point({ raw, chosen }: Sample): EncodedParams {
    const params = Float64Array.from(this.#axes, ({ low }) => low);
    for (const [i, axis] of this.#continuous.entries())
      params[axis.index] = fromUnit(axis, at(raw, i));
    for (const [i, axis] of this.#ordinal.entries()) {
      const cell = cellAt(at(this.space.ladders, i), at(raw, this.#continuous.length + i));
      params[axis.index] = valueOfCell(axis, cell);
    }
    for (const [i, axis] of this.#categorical.entries())
      params[axis.index] = valueOfCell(axis, at(chosen, i));
    deactivate(this.#axes, params);
    return params;
  }

  /** Returns the sample with NaN for every parameter that is inactive in its point. */
  masked({ raw, chosen }: Sample, point: EncodedParams): Sample {
    const numeric = [...this.#continuous, ...this.#ordinal];
    const isInactive = (axes: readonly Axis[], i: number): boolean =>
      Number.isNaN(at(point, at(axes, i).index));
    return {
      raw: raw.map((value, i) => (isInactive(numeric, i) ? NaN : value)),
      chosen: chosen.map((value, i) => (isInactive(this.#categorical, i) ? NaN : value)),
    };
  }
}

function ladderOf(axis: Axis): Ladder {
  const { cells } = axis;
  if (!axis.log) return { cells, position: (cell) => cell / (cells - 1) };
  const low = toUnit(axis, axis.low);
  const range = toUnit(axis, axis.high) - low;
  return { cells, position: (cell) => (toUnit(axis, valueOfCell(axis, cell)) - low) / range };
}
