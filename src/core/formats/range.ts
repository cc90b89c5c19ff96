/** Interval of allowed numbers of a field, and its text. */
export interface Range {
  /** Inclusive. */
  readonly low?: number;
  /** Exclusive. */
  readonly above?: number;
  /** Inclusive. */
  readonly high?: number;
  /** Exclusive. */
  readonly below?: number;
}

export function isWithin(
  value: number,
  { low = -Infinity, above = -Infinity, high = Infinity, below = Infinity }: Range,
): boolean {
  return Number.isFinite(value) && value >= low && value > above && value <= high && value < below;
}

/** Formats an interval, for example `at least 0 and below 1`. */
export function rangeText({ low, above, high, below }: Range): string {
  const parts = [
    ...(low === undefined ? [] : [`at least ${String(low)}`]),
    ...(above === undefined ? [] : [`above ${String(above)}`]),
    ...(high === undefined ? [] : [`at most ${String(high)}`]),
    ...(below === undefined ? [] : [`below ${String(below)}`]),
  ];
  return parts.join(' and ');
}
