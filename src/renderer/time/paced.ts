/**
 * Limits how often a costly computation is repeated: only after its inputs changed, at most once a
 * second, and for at most 2 % of the time however long one run takes.
 */

/** Milliseconds between two computations. */
const LEAST_MS = 1_000;
/** Fraction of the time that computations may take. */
const SHARE = 0.02;

export class Paced<T> {
  readonly #clock: () => number;
  #held: { readonly key: unknown; readonly version: unknown; readonly value: T } | null = null;
  #dueAt = 0;

  /** @param clock returns milliseconds */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /**
   * Returns the value computed last, or computes it.
   * @param key computed at once when it differs
   * @param version computed when it differs and enough time has passed
   */
  value(key: unknown, version: unknown, compute: () => T): T {
    const held = this.#held;
    const from = this.#clock();
    if (held !== null && held.key === key)
      if (held.version === version || from < this.#dueAt) return held.value;
    const value = compute();
    const end = this.#clock();
    this.#held = { key, version, value };
    this.#dueAt = end + Math.max(LEAST_MS, (end - from) / SHARE);
    return value;
  }
}
