/** Notifies listeners that something has changed, without saying what. */
export class Changes {
  readonly #listeners = new Set<() => void>();

  /** @returns a function that unsubscribes */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Limits calls to one in `ms`: at once after a quiet period, else at its end. */
export class Throttle {
  readonly #ms: number;
  readonly #call: () => void;
  #timer: NodeJS.Timeout | null = null;
  #last = -Infinity;

  constructor(ms: number, call: () => void) {
    this.#ms = ms;
    this.#call = call;
  }

  ask(): void {
    if (this.#timer !== null) return;
    const wait = this.#last + this.#ms - performance.now();
    if (wait <= 0) this.#now();
    else this.#timer = setTimeout(() => this.#now(), wait).unref();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #now(): void {
    this.#timer = null;
    this.#last = performance.now();
    this.#call();
  }
}
