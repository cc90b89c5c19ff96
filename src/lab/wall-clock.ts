/** Converts times of a coordinator's monotonic clock to wall clock time. */

/** Converts a time of the coordinator's clock to milliseconds since 1970. */
export type WallClock = (at: number) => number;

/** Tolerance in milliseconds when two clocks are read one after the other. */
const CLOCKS_AGREE_MS = 10;

/**
 * Keeps the offset between the two clocks while it is within tolerance, so that one instant is
 * always the same number; a suspend of the machine changes it.
 * @param now reads the coordinator's clock
 */
export function wallClock(now: () => number): WallClock {
  let kept = NaN;
  return (at) => {
    const offset = Date.now() - now();
    if (!(Math.abs(offset - kept) < CLOCKS_AGREE_MS)) kept = offset;
    return kept + at;
  };
}
