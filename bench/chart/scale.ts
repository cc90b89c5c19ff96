/** Maps values to pixels, and chooses ticks. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Pixel of a value; values outside the range are extrapolated. */
  at(value: number): number;
}

/**
 * Ticks at multiples of 1, 2 or 5 times a power of ten, from the last one at or below `low` to the
 * first at or above `high`.
 * @param most greatest number of ticks, ≥ 3: ticks on both sides of zero include zero
 */
export function niceTicks(low: number, high: number, most = 6): readonly number[] {
  const span = high > low ? high - low : Math.abs(low) || 1;
  for (let power = Math.floor(Math.log10(span / most)); ; power++) {
    for (const digit of [1, 2, 5]) {
      const step = digit * 10 ** power;
      // A value that equals a tick except for rounding must not add another step.
      const first = Math.floor(low / step + 1e-9);
      const last = Math.max(Math.ceil(high / step - 1e-9), first + 1);
      if (last - first < most)
        return Array.from({ length: last - first + 1 }, (_, i) =>
          Number(((first + i) * step).toPrecision(12)),
        );
    }
  }
}

/** From the first tick to the last. `from` and `to` are pixels. */
export function linear(ticks: readonly number[], from: number, to: number): Scale {
  const [low = 0, high = 1] = [ticks[0], ticks.at(-1)];
  return { low, high, ticks, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

/** Labels with as few digits as all ticks need. */
export function tickLabels(ticks: readonly number[]): readonly string[] {
  const digits = Math.max(...ticks.map((tick) => (String(tick).split('.')[1] ?? '').length));
  return ticks.map((tick) => tick.toFixed(digits));
}
