/**
 * A source that may be late: waits for it for a limited time and does not ask again before it has
 * answered.
 */
import type { Timer } from '../../../runtime/timer.ts';
import { Unknown } from './figure.ts';

export class Patient<T> {
  readonly #ask: () => Promise<T>;
  readonly #timer: Timer;
  #askedAt: number | null = null;

  constructor(ask: () => Promise<T>, timer: Timer) {
    this.#ask = ask;
    this.#timer = timer;
  }

  /** Returns its answer, or the reason why there is none. Never rejects. */
  async within(ms: number): Promise<T | Unknown> {
    if (this.#askedAt !== null)
      return new Unknown(
        `the system has not answered for ${Math.round((this.#timer.now() - this.#askedAt) / 1000)} s`,
      );
    this.#askedAt = this.#timer.now();
    let forget: (() => void) | null = null;
    const late = new Promise<Unknown>((resolve) => {
      forget = this.#timer.after(ms, () =>
        resolve(new Unknown(`the system did not answer within ${ms} ms`)),
      );
    });
    const answer = Promise.resolve()
      .then(this.#ask)
      .catch((error: unknown) => new Unknown(String(error)))
      .finally(() => {
        this.#askedAt = null;
        forget?.();
      });
    return Promise.race([answer, late]);
  }
}
