/** From values to pixels, and which values are worth a tick. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** The pixel of a value; values outside are on the line continued. */
  at(value: number): number;
}

/**
 * Ticks at multiples of 1, 2 or 5 times a power of ten, from the last one at or below `low` to the
 * first at or above `high`.
 * @param most so many at most, ≥ 3: ticks on both sides of zero have zero between them
 */
export function niceTicks(low: number, high: number, most = 6): readonly number[] {
  const span = high > low ? high - low : Math.abs(low) || 1;
  for (let power = Math.floor(Math.log10(span / most)); ; power++) {
    for (const digit of [1, 2, 5]) {
      const step = digit * 10 ** power;
      // A value that is a tick but for its last bit must not open another step.
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

/** With as few digits as all ticks need. */
export function tickLabels(ticks: readonly number[]): readonly string[] {
  const digits = Math.max(...ticks.map((tick) => (String(tick).split('.')[1] ?? '').length));
  return ticks.map((tick) => tick.toFixed(digits));
}
