/**
 * Formats numbers, durations and ages for all views; scores are formatted by `core/study/score.ts`.
 * Pure; the words around them are in `text.ts`.
 */

import {
  THIN,
  gainText,
  noiseText,
  scoreText,
  scoreWithSplit,
  signed,
  significant,
} from '../core/study/score.ts';
import type { Metric } from '../core/study/score.ts';

export { joulesText as joules } from '../core/study/study-energy.ts';
export type { Metric };
export {
  THIN,
  gainText as gain,
  noiseText as noise,
  scoreText as value,
  scoreWithSplit as valueWithSplit,
};

const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/**
 * `100,000`. Counts are never rounded. Avoids `Intl.NumberFormat`, whose construction takes 60 ms
 * of the window's start.
 */
export function count(n: number): string {
  return String(Math.round(n)).replace(THOUSANDS, ',');
}

/**
 * Value of a parameter: whole numbers unchanged, others to two significant digits, to three from 1
 * on; `8.7e−4` below 0.001.
 */
export function parameter(given: number): string {
  if (Number.isInteger(given) && Math.abs(given) < 1e7)
    return signed(Math.abs(given) < 10_000 ? String(given) : count(given));
  return significant(given, Math.abs(given) < 1 ? 2 : 3);
}

/**
 * `84.1 J`: a metric to three significant digits with its unit; whole from 1,000 on.
 * @param given absent or NaN: there is none, and the text is empty
 */
export function metricText(given: number | undefined, symbol: string): string {
  if (given === undefined || !Number.isFinite(given)) return '';
  return unit(Math.abs(given) < 1_000 ? significant(given, 3) : count(given), symbol);
}

/** Returns which score a metric of that name is. */
export function metricNamed(name: string): Metric {
  return /accuracy$/i.test(name) ? 'accuracy' : 'value';
}

/** An objective's value: an accuracy in per cent, any other as a parameter; empty without one. */
export function figureText(metric: string, given: number): string {
  if (!Number.isFinite(given)) return '';
  return metricNamed(metric) === 'accuracy' ? scoreText(given, 'accuracy') : parameter(given);
}

/** `94 %` for a fraction from 0 to 1. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)}${THIN}%`;
}

/** `0.4 s` · `42 s` · `4 min 53 s` · `2 h 05 min` · `3 d 04 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 9.95)
    return unit(seconds < 0.05 ? '0' : seconds.toFixed(1).replace(/\.0$/, ''), 's');
  const whole = Math.round(seconds);
  if (whole < 60) return unit(String(whole), 's');
  if (whole < 3600)
    return `${unit(String(Math.floor(whole / 60)), 'min')} ${unit(two(whole % 60), 's')}`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1440)
    return `${unit(String(Math.floor(minutes / 60)), 'h')} ${unit(two(minutes % 60), 'min')}`;
  const hours = Math.round(minutes / 60);
  return `${unit(String(Math.floor(hours / 24)), 'd')} ${unit(two(hours % 24), 'h')}`;
}

/** Duration of a running clock in whole seconds, so that digits do not flicker. */
export function elapsed(ms: number): string {
  return duration(Math.max(0, ms) < 9950 ? Math.floor(Math.max(0, ms) / 1000) * 1000 : ms);
}

/** `0.4 ms`, `38 ms`: a short time that is measured, not waited for. */
export function milliseconds(ms: number): string {
  return unit(ms < 9.95 ? ms.toFixed(1) : count(ms), 'ms');
}

/** One rounded unit: `22 s`, `4 min`, `2 h`; for durations under a day. */
export function roughly(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return unit(String(seconds), 's');
  if (seconds < 3600) return unit(String(Math.floor(seconds / 60)), 'min');
  return unit(String(Math.floor(seconds / 3600)), 'h');
}

export interface Estimate {
  /** Null when it is below the first round number. */
  readonly low: string | null;
  readonly high: string;
  readonly unit: 's' | 'min' | 'h' | 'd';
}

const units = [
  { unit: 's', ms: 1000, most: 90, steps: [1, 5, 10] },
  { unit: 'min', ms: 60_000, most: 90, steps: [1, 5, 10] },
  { unit: 'h', ms: 3_600_000, most: 36, steps: [1, 1, 2] },
  { unit: 'd', ms: 86_400_000, most: Infinity, steps: [1, 5, 10] },
] as const;

/** Two round numbers of one unit around a duration; widened when both are equal. */
export function estimate(lowMs: number, highMs: number): Estimate {
  const chosen = units.find(({ ms, most }) => highMs / ms <= most) ?? units[3];
  const step = (n: number): number => chosen.steps[n <= 10 ? 0 : n <= 45 ? 1 : 2];
  const least = lowMs / chosen.ms;
  const most = Math.max(highMs, lowMs, chosen.ms / 1000) / chosen.ms;
  const by = step(most);
  const low = Math.floor(least / by) * by;
  let high = Math.ceil(most / by) * by;
  if (high === low) high += by;
  return { low: low === 0 ? null : count(low), high: count(high), unit: chosen.unit };
}

const sizes = [
  { unit: 'TB', bytes: 1e12 },
  { unit: 'GB', bytes: 1e9 },
  { unit: 'MB', bytes: 1e6 },
  { unit: 'kB', bytes: 1e3 },
  { unit: 'B', bytes: 1 },
] as const;

/** Decimal units: `55 MB`, `0.6 GB`, `12.0 GB`. */
export function bytes(n: number): string {
  const size = sizeOf(n);
  return unit(amount(n, size), size.unit);
}

/** Both numbers in the same unit: `0.9 of 12.0 GB`, `38 of 55 MB`. */
export function bytesOf(part: number, whole: number): string {
  const size = sizeOf(whole);
  return `${amount(part, size)} of ${unit(amount(whole, size), size.unit)}`;
}

/** `58 °C`, `31 W`, `10.2 GB`: any number with its unit. */
export function unit(number: string, name: string): string {
  return `${number}${THIN}${name}`;
}

/** Number of a rate: `11.9`, `88,200`. */
export function rate(n: number): string {
  return n < 99.95 ? n.toFixed(1) : count(Math.round(n));
}

// Created once, when first needed: construction costs a hundred times a use.
let toTheMinute: Intl.DateTimeFormat | undefined;
let toTheSecond: Intl.DateTimeFormat | undefined;
let toTheDay: Intl.DateTimeFormat | undefined;
const minutes = { hour: '2-digit', minute: '2-digit' } as const;

/** `00:12`, in the system's time format. */
export function clockTime(ms: number, seconds = false): string {
  if (seconds)
    return (toTheSecond ??= new Intl.DateTimeFormat(undefined, {
      ...minutes,
      second: '2-digit',
    })).format(ms);
  return (toTheMinute ??= new Intl.DateTimeFormat(undefined, minutes)).format(ms);
}

/** Date and time, for ages over a day and for tooltips. */
export function dateTime(ms: number): string {
  toTheDay ??= new Intl.DateTimeFormat(undefined, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    ...minutes,
  });
  return toTheDay.format(ms);
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

function sizeOf(n: number): (typeof sizes)[number] {
  return sizes.find(({ bytes }) => n >= bytes * 0.5995) ?? sizes[4];
}

function amount(n: number, { unit: name, bytes }: (typeof sizes)[number]): string {
  return name === 'GB' || name === 'TB' ? (n / bytes).toFixed(1) : count(Math.round(n / bytes));
}

/** Time that is left, in minutes and seconds: `0:48`. */
export function clockLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
