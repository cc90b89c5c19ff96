/** Current time for ages and remaining times; ticks once a second while an effect reads it. */
import { createSubscriber } from 'svelte/reactivity';

export class Clock {
  readonly #read: () => number;
  readonly #subscribe = createSubscriber((update) => {
    const timer = setInterval(update, 1000);
    return () => clearInterval(timer);
  });

  constructor(read: () => number = Date.now) {
    this.#read = read;
  }

  /** Milliseconds since 1970. */
  get now(): number {
    this.#subscribe();
    return this.#read();
  }
}
