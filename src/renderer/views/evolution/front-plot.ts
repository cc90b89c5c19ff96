/** Positions of the scatter plot of the Pareto front, in pixels. */
import type { ParetoFront } from '../../../protocol/window/reading.ts';

export interface Mark {
  readonly trial: number;
  readonly x: number;
  readonly y: number;
  readonly kind: 'front' | 'other' | 'infeasible';
  readonly values: readonly number[];
}

export interface Plot {
  /** Dominated marks first, so that the front is drawn above them. */
  readonly marks: readonly Mark[];
  /** Steps through the front, as an SVG path; empty with more than two objectives. */
  readonly path: string;
  /** Least and greatest value of each axis. */
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** @param across, up indices of the objectives on the axes */
export function plotOf(found: ParetoFront, across: number, up: number, size: Size): Plot {
  const x = rangeOf(found.values, across);
  const y = rangeOf(found.values, up);
  const onFront = new Set(found.front);
  const marks = found.trials.map((trial, i): Mark => {
    const values = found.values[i] ?? [];
    return {
      trial,
      x: share(values[across] ?? NaN, x) * size.width,
      y: (1 - share(values[up] ?? NaN, y)) * size.height,
      kind: onFront.has(trial) ? 'front' : found.feasible[i] === true ? 'other' : 'infeasible',
      values,
    };
  });
  const order = { infeasible: 0, other: 1, front: 2 };
  marks.sort((a, b) => order[a.kind] - order[b.kind]);
  const flat = found.objectives.length === 2 && across !== up;
  return { marks, path: flat ? stepsOf(marks, found, across) : '', x, y };
}

/** Connects the front's marks by corners that its members dominate. */
function stepsOf(marks: readonly Mark[], { objectives }: ParetoFront, across: number): string {
  const members = marks.filter(({ kind }) => kind === 'front').toSorted((a, b) => a.x - b.x);
  // From left to right, the corner between two members has the worse value of each.
  const rises = objectives[across]?.direction === 'minimize';
  let path = '';
  for (const [i, { x, y }] of members.entries()) {
    const before = members[i - 1];
    if (before === undefined) path += `M${x} ${y}`;
    else path += rises ? `H${x}V${y}` : `V${y}H${x}`;
  }
  return path;
}

/** Path of the shares over the number of trials. */
export function curveOf(shares: readonly number[], { width, height }: Size): string {
  const most = Math.max(...shares, 0);
  if (most === 0) return '';
  return shares
    .map((each, i) => {
      const x = shares.length === 1 ? 0 : (i / (shares.length - 1)) * width;
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${((1 - each / most) * height).toFixed(1)}`;
    })
    .join('');
}

function rangeOf(values: readonly (readonly number[])[], index: number): readonly [number, number] {
  const all = values.map((each) => each[index] ?? NaN);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return least === most ? [least - 0.5, most + 0.5] : [least, most];
}

function share(value: number, [least, most]: readonly [number, number]): number {
  return (value - least) / (most - least);
}
