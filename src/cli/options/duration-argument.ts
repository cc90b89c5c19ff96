/**
 * Durations on a command line: `200ms`, `1.5s`, `2min`, `7d`, or for evaluations
 * `lognormal:200ms,0.5` (median, σ of the logarithm).
 */
import { InvalidArgumentError } from 'commander';
import { at } from '../../core/at.ts';
import type { SimulationFile } from '../../protocol/simulation-file.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

export function durationArgument(text: string): SimulationFile['durationMs'] {
  const lognormal = /^lognormal:([^,]+),([^,]+)$/.exec(text.trim());
  if (lognormal === null) {
    const fixed = milliseconds(text);
    if (fixed === null) throw wrong(text);
    return fixed;
  }
  const median = milliseconds(at(lognormal, 1));
  const sigma = Number(lognormal[2]);
  if (median === null || median === 0 || !(sigma >= 0 && sigma <= 5)) throw wrong(text);
  return { median, sigma };
}

/** A duration without distribution, in ms. */
export function timeSpan(text: string): number {
  const ms = milliseconds(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError(
    `Expected a duration such as 500ms, 25s, 10m, 2h or 7d, found ${JSON.stringify(text)}.`,
  );
}

/** A duration within both limits, in ms. */
export function timeSpanWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    const ms = milliseconds(text);
    if (ms !== null && ms >= least && ms <= most) return ms;
    throw new InvalidArgumentError(
      `Expected a duration from ${timeSpanText(least)} to ${timeSpanText(most)} such as 10m, 1h or 7d, found ${JSON.stringify(text)}.`,
    );
  };
}

/** A duration of a minute or more in the largest unit that gives a whole number: `7 d`. */
export function timeSpanText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes % 1440 === 0) return `${minutes / 1440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

function milliseconds(text: string): number | null {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d)$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit];
  return factor === undefined ? null : Number(digits) * factor;
}

function wrong(text: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `Expected a duration such as 200ms, 1.5s, 2min or lognormal:200ms,0.5 (median, sigma ≤ 5), found ${JSON.stringify(text)}.`,
  );
}
