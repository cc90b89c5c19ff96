/**
 * The axes of values: what is better is up, whichever direction the study has. Accuracies get a logarithmic error axis, so that 0.98 → 0.985 is as
 * visible as 0.95 → 0.96; positive losses a logarithmic one; anything else a linear one. Pure; pixels are the charts'.
 */
import type { Direction } from '../../core/study/direction.ts';

export const scaleKinds = ['log-error', 'log', 'linear'] as const;
export type ScaleKind = (typeof scaleKinds)[number];

export interface ValueScale {
  readonly kind: ScaleKind;
  /** The value at 0: the worst that is drawn to scale. */
  readonly worst: number;
  /** The value at 1. */
  readonly best: number;
  /** 0 at `worst`, 1 at `best`, beyond either beyond that; NaN for what is not finite. */
  unit(value: number): number;
  /** The value at a unit. */
  value(unit: number): number;
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Errors below this are drawn as this. */
const SMALLEST_ERROR = 1e-7;
/** As a share of the domain, where all values are equal. */
const HALF_A_PERCENT = 0.005;

/** The scale that shows most of such values. */
export function scaleKindFor(measure: 'accuracy' | 'loss' | 'value', direction: Direction, smallest: number): ScaleKind {
  if (measure === 'accuracy' && direction === 'maximize') return 'log-error';
  return measure === 'loss' && smallest > 0 ? 'log' : 'linear';
}

/** @param worst and @param best as the direction has it: of a study that minimises `worst` is the larger */
export function valueScale(kind: ScaleKind, worst: number, best: number): ValueScale {
  const into = transforms[kind].into;
  let [from, to] = [into(worst), into(best)];
  if (from === to) {
    const sign = worst <= best ? 1 : -1;
    const pad = Math.max(Math.abs(from) * HALF_A_PERCENT, 1e-9) * sign;
    [from, to] = [from - pad, to + pad];
  }
  return {
    kind,
    worst,
    best,
    unit: (value) => (Number.isFinite(value) ? (into(value) - from) / (to - from) : NaN),
    value: (unit) => transforms[kind].outOf(from + unit * (to - from)),
  };
}

type Transform = (number: number) => number;

const transforms: Readonly<Record<ScaleKind, { readonly into: Transform; readonly outOf: Transform }>> = {
  'log-error': {
    into: (value) => -Math.log(Math.max(SMALLEST_ERROR, 1 - value)),
    outOf: (place) => 1 - Math.exp(-place),
  },
  log: { into: (value) => Math.log(Math.max(Number.MIN_VALUE, value)), outOf: Math.exp },
  linear: { into: (value) => value, outOf: (place) => place },
};

/**
 * Round values between two units, the rounder first, none nearer to another than `apart`.
 * @param apart as a share of the unit, e.g. 34 px of a plot's height
 * @returns by rising unit
 */
export function valueTicks(scale: ValueScale, apart: number, lowest = 0, highest = 1): readonly Tick[] {
  const [a, b] = [scale.value(lowest), scale.value(highest)];
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [];
  if (scale.kind === 'linear') {
    const step = niceStep((high - low) / Math.max(1, Math.floor((highest - lowest) / apart)));
    return linearTicks(low, high, step).sort((first, second) => scale.unit(first.value) - scale.unit(second.value));
  }
  const [from, to] = scale.kind === 'log' ? [low, high] : [1 - high, 1 - low];
  const chosen: { unit: number; size: number; value: number }[] = [];
  for (const size of roundNumbers(Math.max(from, SMALLEST_ERROR), to)) {
    const value = scale.kind === 'log' ? size : 1 - size;
    const unit = scale.unit(value);
    if (unit < lowest - 1e-9 || unit > highest + 1e-9) continue;
    if (chosen.every((other) => Math.abs(other.unit - unit) >= apart)) chosen.push({ unit, size, value });
  }
  // Where decades and halves give nothing to hold on to, the range is narrow and as good as linear.
  if (chosen.length < 2) {
    const step = niceStep((high - low) / Math.max(1, Math.floor((highest - lowest) / apart)));
    return linearTicks(low, high, step).sort((first, second) => scale.unit(first.value) - scale.unit(second.value));
  }
  chosen.sort((first, second) => first.unit - second.unit);
  return chosen.map(({ value, size }) => ({ value, label: scale.kind === 'log' ? shortNumber(size) : errorLabel(size) }));
}

/** Multiples of a step within a range, labelled with the digits that the step needs. */
export function linearTicks(low: number, high: number, step: number): Tick[] {
  const ticks: Tick[] = [];
  if (!(step > 0) || !Number.isFinite(high - low)) return ticks;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9) + (/^(?:2|5|1)(?:0*)$/.test(String(leading(step))) ? 0 : 1));
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) {
    const value = k * step;
    ticks.push({ value, label: trueMinus(Math.abs(value) >= 1e5 || step < 1e-4 ? shortNumber(value) : value.toFixed(decimals)) });
  }
  return ticks;
}

/** The round number ≥ a step: 1, 2, 2.5 or 5 of a power of ten. */
export function niceStep(atLeast: number): number {
  if (!(atLeast > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  for (const lead of [1, 2, 2.5, 5, 10]) if (lead * power >= atLeast * (1 - 1e-9)) return lead * power;
  return 10 * power;
}

/** As `niceStep`, for things that are counted. */
export function niceCountStep(atLeast: number): number {
  if (atLeast <= 1) return 1;
  for (const lead of [2, 4, 8]) if (atLeast <= lead) return lead;
  const power = 10 ** Math.floor(Math.log10(atLeast));
  for (const lead of [1, 2, 5, 10]) if (lead * power >= atLeast) return lead * power;
  return 10 * power;
}

/**
 * Where the scale ends: the best, and the 10th percentile, so that one bad trial never flattens the rest. Below ten values, the worst of them.
 * @param values finite, in any order; at most some thousands
 * @returns null: there is none
 */
export function domainOf(values: readonly number[] | Float64Array, direction: Direction): { worst: number; best: number } | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  if (direction === 'minimize') sorted.reverse();
  return { worst: sorted[Math.floor(sorted.length / 10)] ?? NaN, best: sorted[sorted.length - 1] ?? NaN };
}

/** 1, 2, 5, then 3, then 1.5, 4, 7, 2.5 of each power of ten. */
function* roundNumbers(from: number, to: number): Generator<number> {
  const first = Math.floor(Math.log10(from));
  const last = Math.ceil(Math.log10(to));
  for (const leads of [[1], [5], [2], [3], [1.5], [4], [2.5], [7]]) {
    for (let power = last; power >= first; power--) for (const lead of leads) yield Number(`${lead}e${power}`);
  }
}

function errorLabel(error: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(error) + 1e-9)) + (Number.isInteger(leading(error)) ? 0 : 1);
  return (1 - error).toFixed(decimals);
}

function shortNumber(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3)
    return trueMinus(
      value
        .toExponential(4)
        .replace(/\.?0+e/, 'e')
        .replace('e+', 'e'),
    );
  return trueMinus(String(Number(value.toPrecision(5))));
}

function leading(size: number): number {
  return Number((size / 10 ** Math.floor(Math.log10(size) + 1e-9)).toPrecision(6));
}

function trueMinus(text: string): string {
  return text.replaceAll('-', '−');
}
