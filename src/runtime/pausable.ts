/**
 * Computations that can be paused. `turn.ts` pauses them; this file neither waits nor reads a
 * clock.
 */

/** A computation that may be paused at each of its yields. */
export type Pausable<T> = Generator<undefined, T, undefined>;

/** Runs a computation to its result without a pause. */
export function withoutPauses<T>(work: Pausable<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}
