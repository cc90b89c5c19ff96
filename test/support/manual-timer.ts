/** A timer whose time a test advances: due callbacks run at once, in order. */
import type { Timer } from '../../src/runtime/timer.ts';

export class ManualTimer implements Timer {
  #now = 0;
  #waiting: { readonly at: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const entry = { at: this.#now + ms, callback };
    this.#waiting.push(entry);
    return () => (this.#waiting = this.#waiting.filter((other) => other !== entry));
  }

  /** Number of waiting callbacks. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** Advances time as on a machine that slept: due callbacks run at its end. */
  sleep(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = this.#waiting.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = until;
  }
}
