/** Durations for which something counts, on a command line: `10m`, `1h`, `7d`. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** @returns milliseconds within both limits */
export function lasting(least: number, most: number): (text: string) => number {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(m|min|h|d)$/.exec(text.trim()) ?? [];
    const ms = Number(digits) * (UNITS[unit] ?? NaN);
    if (ms >= least && ms <= most) return ms;
    throw new InvalidArgumentError(
      `Expected a duration from ${lastingText(least)} to ${lastingText(most)} such as 10m, 1h or 7d, found ${JSON.stringify(text)}.`,
    );
  };
}

/** The largest unit that gives a whole number. */
export function lastingText(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes % 1440 === 0) return `${minutes / 1440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}
