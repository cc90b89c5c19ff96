/**
 * Value axes on which better values are higher, whichever the direction. Accuracies get a
 * logarithmic error axis, so that 0.98 → 0.985 is as visible as 0.95 → 0.96; losses get a
 * logarithmic one; other values a linear one. Pure; the charts convert to pixels.
 */
import { signed } from '../../core/study/score.ts';
import type { Metric } from '../../core/study/score.ts';
import type { Direction } from '../../core/study/direction.ts';

export const scaleKinds = ['log-error', 'log', 'linear'] as const;
export type ScaleKind = (typeof scaleKinds)[number];

export interface ValueScale {
  readonly kind: ScaleKind;
  /** The value at 0, the worst that is drawn to scale. */
  readonly worst: number;
  /** The value at 1. */
  readonly best: number;
  /**
   * Smallest error (log-error) or value (log) that is distinguished; an exact 1 or 0 is drawn
   * there.
   */
  readonly floor: number;
  /** Measure of the score; accuracies are labelled in percent. */
  readonly metric: Metric;
  /**
   * Position of a value: 0 at `worst`, 1 at `best`, not clamped; NaN for a value that is not
   * finite.
   */
  unit(value: number): number;
  /** Inverse of `unit`. */
  value(unit: number): number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Fraction of the domain by which it is widened when all values are equal. */
const HALF_A_PERCENT = 0.005;
/** Floor of a logarithmic axis when no value is above 0. */
const NO_FLOOR = 1e-3;

/**
 * Returns the kind of axis that resolves most of the values.
 * @param smallest the smallest value
 */
export function scaleKindFor(metric: Metric, direction: Direction, smallest: number): ScaleKind {
  if (metric === 'accuracy' && direction === 'maximize') return 'log-error';
  return metric === 'loss' && smallest >= 0 ? 'log' : 'linear';
}

/**
 * Half of the smallest positive error or value, so that an exact 1 or 0 gets a position beyond all
 * others.
 */
export function floorOf(kind: ScaleKind, values: Iterable<number>): number {
  let least = Infinity;
  for (const value of values) {
    const size = kind === 'log-error' ? 1 - value : value;
    if (size > 0 && size < least) least = size;
  }
  return Number.isFinite(least) ? least / 2 : NO_FLOOR;
}

/**
 * @param worst in the study's direction: the larger of the two when it minimizes
 * @param best in the study's direction
 * @param floor as returned by `floorOf`; ignored on a linear axis
 */
export function valueScale(
  kind: ScaleKind,
  worst: number,
  best: number,
  floor: number,
  metric: Metric,
  direction: Direction = 'maximize',
): ValueScale {
  const { into, outOf } = transformOf(kind, floor);
  let [from, to] = [into(worst), into(best)];
  if (from === to) {
    const sign = worst < best || (worst === best && direction === 'maximize') ? 1 : -1;
    const least = metric === 'accuracy' ? HALF_A_PERCENT : 1e-9;
    const pad =
      (isExact(kind, best) ? Math.LN2 : Math.max(Math.abs(from) * HALF_A_PERCENT, least)) * sign;
    [from, to] = [from - pad, to + pad];
  }
  return {
    kind,
    worst,
    best,
    floor,
    metric,
    unit: (value) => (Number.isFinite(value) ? (into(value) - from) / (to - from) : NaN),
    value: (unit) => outOf(from + unit * (to - from)),
  };
}

/** Returns whether the error or value is 0, which has no position on a logarithmic axis. */
function isExact(kind: ScaleKind, value: number): boolean {
  return kind === 'log-error' ? value >= 1 : kind === 'log' && value <= 0;
}

interface Transform {
  readonly into: (value: number) => number;
  readonly outOf: (place: number) => number;
}

function transformOf(kind: ScaleKind, floor: number): Transform {
  switch (kind) {
    case 'log-error':
      return {
        into: (value) => -Math.log(Math.max(floor, 1 - value)),
        outOf: (place) => 1 - Math.exp(-place),
      };
    case 'log':
      return { into: (value) => Math.log(Math.max(floor, value)), outOf: Math.exp };
    case 'linear':
      return { into: (value) => value, outOf: (place) => place };
  }
}

/**
 * Round values between two positions, the roundest first, none nearer to another than `apart`.
 * @param apart minimum distance as a fraction of the axis, for example 34 px of a plot's height
 * @returns sorted by rising position
 */
export function valueTicks(
  scale: ValueScale,
  apart: number,
  lowest = 0,
  highest = 1,
): readonly Tick[] {
  const ticks = plainTicks(scale, apart, lowest, highest);
  if (scale.metric !== 'accuracy') return ticks;
  // The axis of equal accuracies may extend beyond 0 and 1; ticks stay within.
  const possible = ticks.filter(({ value }) => value >= -1e-9 && value <= 1 + 1e-9);
  return possible.map(({ value, label }) => ({ value, label: inPercent(label) }));
}

/** Converts a decimal number to percent without the sign, which is in the axis title. */
function inPercent(label: string): string {
  const number = Number(label.replaceAll('−', '-'));
  if (label.includes('e')) return shortNumber(Number((number * 100).toPrecision(9)));
  const decimals = Math.max(0, (label.split('.')[1] ?? '').length - 2);
  return signed((number * 100).toFixed(decimals));
}

function plainTicks(
  scale: ValueScale,
  apart: number,
  lowest: number,
  highest: number,
): readonly Tick[] {
  const [a, b] = [scale.value(lowest), scale.value(highest)];
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [];
  if (scale.kind === 'linear') {
    const step = niceStep((high - low) / Math.max(1, Math.floor((highest - lowest) / apart)));
    return linearTicks(low, high, step).sort(
      (first, second) => scale.unit(first.value) - scale.unit(second.value),
    );
  }
  const log = scale.kind === 'log';
  const [from, to] = log ? [low, high] : [1 - high, 1 - low];
  const chosen: { unit: number; value: number; label: string }[] = [];
  const exact = log ? 0 : 1;
  if (isExact(scale.kind, scale.best) || isExact(scale.kind, scale.worst)) {
    const unit = scale.unit(exact);
    if (unit >= lowest - 1e-9 && unit <= highest + 1e-9)
      chosen.push({ unit, value: exact, label: String(exact) });
  }
  for (const size of roundNumbers(Math.max(from, scale.floor), to)) {
    if (size <= scale.floor) continue;
    const value = log ? size : 1 - size;
    const unit = scale.unit(value);
    if (unit < lowest - 1e-9 || unit > highest + 1e-9) continue;
    if (chosen.every((other) => Math.abs(other.unit - unit) >= apart))
      chosen.push({ unit, value, label: log ? shortNumber(size) : errorLabel(size) });
  }
  // Fewer than two round values mean a narrow range, which is almost linear.
  if (chosen.length < 2) {
    const step = niceStep((high - low) / Math.max(1, Math.floor((highest - lowest) / apart)));
    return linearTicks(low, high, step).sort(
      (first, second) => scale.unit(first.value) - scale.unit(second.value),
    );
  }
  chosen.sort((first, second) => first.unit - second.unit);
  return chosen.map(({ value, label }) => ({ value, label }));
}

/** Multiples of a step within a range, labelled with the digits that the step needs. */
export function linearTicks(low: number, high: number, step: number): Tick[] {
  const ticks: Tick[] = [];
  if (!(step > 0) || !Number.isFinite(high - low)) return ticks;
  const decimals = Math.max(
    0,
    -Math.floor(Math.log10(step) + 1e-9) + (Number.isInteger(leading(step)) ? 0 : 1),
  );
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    const value = k * step;
    ticks.push({
      value,
      label: signed(
        Math.abs(value) >= 1e5 || step < 1e-4 ? shortNumber(value) : value.toFixed(decimals),
      ),
    });
  }
  return ticks;
}

/** Smallest round number ≥ the argument: 1, 2, 2.5 or 5 times a power of ten. */
export function niceStep(atLeast: number): number {
  if (!(atLeast > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  for (const lead of [1, 2, 2.5, 5, 10])
    if (lead * power >= atLeast * (1 - 1e-9)) return lead * power;
  return 10 * power;
}

/** Like `niceStep`, for counts. */
export function niceCountStep(atLeast: number): number {
  if (atLeast <= 1) return 1;
  for (const lead of [2, 4, 8]) if (atLeast <= lead) return lead;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  for (const lead of [1, 2, 5, 10]) if (lead * power >= atLeast) return lead * power;
  return 10 * power;
}

/**
 * Limits of the axis: the best value, and the worst value that leaves at least half of the axis to
 * the better half of the values. Worse values belong in a band at the foot. Trials at chance level
 * count only when there are fewer than two others.
 * @param values finite, in any order; at most some thousands
 * @param chance accuracy up to which a trial counts as guessing; null when unknown
 * @returns null when there is no value
 */
export function domainOf(
  values: readonly number[],
  direction: Direction,
  kind: ScaleKind,
  chance: number | null,
): { readonly worst: number; readonly best: number } | null {
  const learned = chance === null ? values : values.filter((value) => value > chance);
  const sorted = Float64Array.from(learned.length < 2 ? values : learned).sort();
  if (direction === 'minimize') sorted.reverse();
  const best = sorted[sorted.length - 1];
  if (best === undefined) return null;
  let anchor = sorted[sorted.length >> 1] ?? best;
  if (anchor === best) {
    const below = sorted.filter((value) => value !== best);
    anchor = below[below.length >> 1] ?? best;
  }
  const { into } = transformOf(kind, floorOf(kind, sorted));
  const [middle, top] = [into(anchor), into(best)];
  const reach = Math.abs(top - middle) * (1 + 1e-9);
  return { worst: sorted.find((value) => Math.abs(into(value) - middle) <= reach) ?? best, best };
}

/** Yields 1, 2, 5, then 3, then 1.5, 4, 7, 2.5 times each power of ten. */
function* roundNumbers(from: number, to: number): Generator<number> {
  const first = Math.floor(Math.log10(from));
  const last = Math.ceil(Math.log10(to));
  for (const leads of [[1], [5], [2], [3], [1.5], [4], [2.5], [7]]) {
    for (let power = last; power >= first; power--)
      for (const lead of leads) yield Number(`${lead}e${power}`);
  }
}

/** Label of the value at the foot of an axis, like its tick labels, to three digits. */
export function footLabel({ kind, metric }: ValueScale, value: number): string {
  const size =
    kind === 'log-error' && value < 1
      ? 1 - Number((1 - value).toPrecision(3))
      : Number(value.toPrecision(3));
  return shortNumber(Number((metric === 'accuracy' ? size * 100 : size).toPrecision(9)));
}

function errorLabel(error: number): string {
  const decimals =
    Math.max(0, -Math.floor(Math.log10(error) + 1e-9)) + (Number.isInteger(leading(error)) ? 0 : 1);
  return (1 - error).toFixed(decimals);
}

function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3)
    return signed(
      value
        .toExponential(4)
        .replace(/\.?0+e/, 'e')
        .replace('e+', 'e'),
    );
  return signed(String(Number(value.toPrecision(5))));
}

function leading(size: number): number {
  return Number((size / 10 ** Math.floor(Math.log10(size) + 1e-9)).toPrecision(6));
}
